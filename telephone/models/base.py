"""The protocols of models: text to image, image to text, and two kinds of embedder."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from telephone.domain.calls import Answer, Ask, Ticket
from telephone.domain.games import Caption, Image

__all__ = [
    "Answer",
    "Ask",
    "Embedder",
    "ImageToText",
    "PaidEmbedder",
    "ReadingEmbedder",
    "SeeingEmbedder",
    "TextToImage",
    "Ticket",
    "Vectors",
]

Vectors = NDArray[np.float32]
"""Embeddings, one row each, L2-normalised: shape (n, dimensions)."""


@runtime_checkable
class TextToImage(Protocol):
    """Draws pictures. The method has the article's name, made async."""

    async def generate_image(self, text: str, *, seed: int | None = None) -> Image:
        """One picture of `text`. Raises a TelephoneError."""
        ...


@runtime_checkable
class ImageToText(Protocol):
    """Describes pictures. The method has the article's name, made async."""

    async def generate_text(self, image: Image, *, seed: int | None = None) -> Caption:
        """One caption of `image`. Raises a TelephoneError."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """Embeds texts. telephone.measurement cuts long texts, caches every vector and books the costs."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever the vectors do: distances of two versions are never mixed."""
        ...

    @property
    def dimensions(self) -> int: ...

    @property
    def window(self) -> int:
        """How many tokens of a text it embeds at once."""
        ...

    def tokens(self, text: str) -> int:
        """How many tokens a text has, by its own tokenizer; white space always separates two."""
        ...

    async def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), rows L2-normalised, of texts that fit the window.

        Raises a TelephoneError.
        """
        ...


@runtime_checkable
class PaidEmbedder(Protocol):
    """An embedder whose calls cost money."""

    async def place(self, ask: Ask) -> tuple[Vectors, float | None]:
        """The vector of one text or picture, shape (dimensions,), L2-normalised, and its cost in US dollars.

        The cost is None where nobody reported it. Raises a TelephoneError, which has the cost of what was paid.
        """
        ...


@runtime_checkable
class ReadingEmbedder(Embedder, Protocol):
    """Knows which texts it cannot read or tell apart; any other embedder is taken to read them all."""

    def reads(self, text: str) -> bool:
        """Whether it knows enough of a text to tell it from others; one it cannot read has no distance."""
        ...

    def tells_apart(self, one: str, other: str) -> bool:
        """False where two texts that it reads differ only in what it does not know; they have no distance then."""
        ...


@runtime_checkable
class SeeingEmbedder(Embedder, Protocol):
    """Embeds pictures in the same space as texts, so that both can be compared."""

    async def embed_pictures(self, images: Sequence[Image]) -> Vectors:
        """Shape (len(images), dimensions), rows L2-normalised. Raises a TelephoneError."""
        ...
