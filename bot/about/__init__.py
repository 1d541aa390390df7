"""What the bot is and which commands it has: the help, its buttons and its pages."""
