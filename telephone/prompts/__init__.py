"""What games start from: the curated catalogue, prompts that members propose, and prompts that a model writes."""
