"""Looking after the game on one server."""
