"""A member's turn on Discord: the invitation, its buttons and forms, and the presenter."""
