"""What a game, a battle, a party or a job needs of the world around it: where it is shown and who sets it going."""
