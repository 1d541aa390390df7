"""The games of the pictures' tests."""

from tests.telephone.media.conftest import picture, played

__all__ = ["picture", "played"]
