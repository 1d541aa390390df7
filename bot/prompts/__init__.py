"""Prompts that members propose and moderators decide on: buttons and messages."""
