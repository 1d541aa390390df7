"""Members' own data: a copy of it, its deletion, and their settings."""
