"""Administration on one server: answers, and options of commands that follow from settings."""
