"""A game from its admission to its summary: workflow, steps, members' turns, publisher, measuring and recovery."""
