"""Reports of steps, moderators' decisions, and the review of votes: buttons and messages."""
