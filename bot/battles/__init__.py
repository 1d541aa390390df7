"""A battle on Discord: its buttons, messages and presenter."""
