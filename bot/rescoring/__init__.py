"""Jobs that measure old games again, on Discord: buttons, messages and the presenter of their progress."""
