"""AI Telephone: the game and its measurement. Imports neither discord nor bot."""
