"""Leaderboards and pairs on Discord: buttons, selects, messages and charts."""
