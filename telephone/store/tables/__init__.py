"""The tables, one module for each aggregate; games.py draws them. Whoever opens the store imports all."""
