"""Insights on Discord: selects, messages and charts."""
