"""What may be taken away."""
