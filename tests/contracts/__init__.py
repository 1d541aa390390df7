"""What our words to others and others' words to us have to look like."""
