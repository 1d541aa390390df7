"""Boards and insights of a server, from what is stored or from a CSV file, and the review of suspicious votes."""
