"""Battles: games of the same prompt side by side, from admission and matchmaking to the members' votes."""
