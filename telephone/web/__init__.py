"""Pages that this process serves with aiohttp."""
