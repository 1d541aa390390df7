"""Parties: members who draw and write in turns, with an album each, from the invitation to the reveal."""
