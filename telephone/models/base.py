"""What a model is to the game: three protocols, and the two calls a durable game makes of a player."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from telephone.game import Caption, Image

Vectors = NDArray[np.float32]
"""Embeddings, one row each, L2-normalised: shape (n, dimensions)."""


@runtime_checkable
class TextToImage(Protocol):
    """Draws. The article's method name, made async."""

    async def generate_image(self, text: str, *, seed: int | None = None) -> Image:
        """One picture of `text`. Raises a TelephoneError."""
        ...


@runtime_checkable
class ImageToText(Protocol):
    """Describes. The article's method name, made async."""

    async def generate_text(self, image: Image, *, seed: int | None = None) -> Caption:
        """One caption of `image`. Raises a TelephoneError."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """Places texts, and where it can pictures, in one space."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever the vectors would: distances of two versions are never mixed."""
        ...

    @property
    def dimensions(self) -> int: ...

    async def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), rows L2-normalised. Raises a TelephoneError."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """What one step asks of a player: `text` for a picture, `image` for a caption."""

    seed: int
    text: str | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """Proof that a step was submitted; kept in the store, so that it is never paid twice.

    `reference` is the provider's id of the running prediction, None where it has none. `found` says
    that a prediction submitted before a crash was found again by its marker. `maybe_billed_twice`
    says that this could not be found out.
    """

    reference: str | None = None
    found: bool = False
    maybe_billed_twice: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `data` of a picture, or `text` of a caption as the model said it.

    `cost_usd` is what the provider reported, None where it reports nothing.
    """

    data: bytes | None = None
    text: str | None = None
    cost_usd: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
