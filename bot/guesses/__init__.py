"""Guessing who played a step: buttons and messages."""
