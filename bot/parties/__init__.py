"""A party on Discord: its buttons, messages and presenter."""
