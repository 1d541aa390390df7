"""A member's own data on Discord: buttons, messages, and the cleanup of deleted posts."""
