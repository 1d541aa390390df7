"""What members may ask of their data: a copy of it, its deletion, and their own settings."""
