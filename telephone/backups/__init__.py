"""Backups: a copy of the store and its pictures, taken while the bot runs, and the way back from it."""
