"""What admins decide for a server: its settings, budgets and pauses, and what happens when the bot leaves."""
