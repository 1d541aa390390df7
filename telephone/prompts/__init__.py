"""Prompts that games start from: the curated catalogue, members' proposals, and prompts that a model writes."""
