"""The offline players: two artists that draw any text, two spotters that read nothing but pixels."""

from telephone.models.sketch.artist import Artist
from telephone.models.sketch.spotter import Spotter

__all__ = ["Artist", "Spotter"]
