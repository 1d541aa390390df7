"""Protocols of what workflows and services need from outside: presenters that show, runners that start stored work."""
