"""The tables, one module for each aggregate; games.py draws them. Opening the store imports all."""
