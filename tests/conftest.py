"""Fixtures for every test."""

from tests.standin.fixtures import standin

__all__ = ["standin"]
