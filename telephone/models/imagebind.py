"""ImageBind, and any embedder behind an API with CLIP's tokenizer and window: texts and pictures in one space.

Girdhar et al. 2023, "ImageBind: One Embedding Space To Bind Them All", CVPR; weights CC-BY-NC-SA 4.0, for research
only, English. Its towers for text and pictures are OpenCLIP's, frozen: it is related to models that CLIP has trained.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from telephone.domain.calls import Ask
from telephone.domain.games import Image
from telephone.errors import BadInput, BadOutput
from telephone.models import clip
from telephone.models.base import Vectors
from telephone.models.chunking import RULES
from telephone.models.players import Players
from telephone.providers.base import ModelTable

_SPECIAL: Final = ("<|", "< |")
"""ImageBind would read a literal `<|endoftext|>` as the end of the text, and no more after it."""


@dataclass(frozen=True, slots=True)
class ImageBind:
    """An embedder from its table, over Replicate or a Cog container. All calls raise a TelephoneError."""

    table: ModelTable
    players: Players
    window: int = clip.WINDOW

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def version(self) -> str:
        """The version in the model's `ref`, if it names one, so that a container of that version counts as the same."""
        model, _, version = self.table.ref.partition(":")
        return f"{version[:12] or model}-w{self.window}.{RULES}"

    @property
    def dimensions(self) -> int:
        return self.table.dimensions

    def tokens(self, text: str) -> int:
        """CLIP's tokens of a text as it is sent."""
        return clip.tokens(_sent(text))

    def reads(self, text: str) -> bool:
        """Whether anything of a text is left to embed: CLIP's pieces are made of bytes, so that none is unknown."""
        return self.tokens(text) > 0

    def tells_apart(self, one: str, other: str) -> bool:
        """Always: there is nothing that it does not know."""
        return True

    async def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), L2-normalised here, since ImageBind's text vectors come scaled.

        Raises BadInput for a text over the window: the Replicate build of 2023 loses the end token of such a text, and
        with it the whole text.
        """
        return await self._rows([self._read(text) for text in texts])

    async def embed_pictures(self, images: Sequence[Image]) -> Vectors:
        """Shape (len(images), dimensions), L2-normalised."""
        return await self._rows([Ask(seed=0, image=image) for image in images])

    async def place(self, ask: Ask) -> tuple[Vectors, float | None]:
        """One vector, L2-normalised, and its cost in US dollars, None where nobody reported it.

        Raises BadInput for a text over the window.
        """
        return await self._placed(ask if ask.text is None else self._read(ask.text))

    def _read(self, text: str) -> Ask:
        if self.tokens(text) > self.window:
            raise BadInput(f"{self.name} reads {self.window} tokens at once; cut the text first.")
        return Ask(seed=0, text=_sent(text))

    async def _rows(self, asks: Sequence[Ask]) -> Vectors:
        rows = [row for row, _ in await asyncio.gather(*(self._placed(ask) for ask in asks))]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), np.float32)

    async def _placed(self, ask: Ask) -> tuple[Vectors, float | None]:
        answer = await self.players.answer(self.name, ask)
        numbers = np.asarray(answer.vector or (), np.float64)
        length = float(np.linalg.norm(numbers))
        if numbers.size != self.dimensions or not 0 < length < np.inf:
            nothing = BadOutput(f"{self.name} answered without a vector; please tell the operator.")
            nothing.cost_usd = answer.cost_usd
            raise nothing
        return np.asarray(numbers / length, np.float32), answer.cost_usd


def _sent(text: str) -> str:
    """A text as it is sent. ImageBind unescapes HTML and folds wide letters, so this is done before the replacing."""
    return clip.cleaned(text).replace(*_SPECIAL)
