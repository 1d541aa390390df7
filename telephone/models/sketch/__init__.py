"""The offline players: two artists that draw any text, two spotters that describe pictures from their pixels alone."""

from telephone.models.sketch.artist import SketchArtist
from telephone.models.sketch.spotter import Spotter

__all__ = ["SketchArtist", "Spotter"]
