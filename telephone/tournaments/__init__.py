"""Tournaments: games that a design fixes before the first of them is played."""
