"""Sends and edits messages over Discord's REST interface, each once; needs no gateway."""
