"""Values and rules of the game, without I/O."""
