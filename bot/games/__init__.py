"""A game on Discord: its buttons, messages, card and presenter."""
