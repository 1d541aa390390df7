"""Distances between texts and pictures: embeddings, their cache, calibration, and measuring old games again."""
