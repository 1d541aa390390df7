"""The offline players: models that ship with the package and run on this machine."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Final, Literal

from telephone.concurrency import off_loop
from telephone.domain.calls import Answer, Ask, Ticket
from telephone.errors import BadInput
from telephone.models.base import Embedder
from telephone.models.minilm import MiniLM
from telephone.providers.base import ModelTable


def _artist(style: Literal["stickers", "doodles"]) -> Callable[[Ask], Answer]:
    from telephone.models.sketch import SketchArtist

    artist = SketchArtist(style)

    def play(ask: Ask) -> Answer:
        if ask.text is None:
            raise BadInput("An artist needs words to draw.")
        return Answer(data=artist.draw(ask.text, ask.seed), cost_usd=0.0)

    return play


def _spotter(sight: Literal["sharp", "hazy"]) -> Callable[[Ask], Answer]:
    from telephone.models.sketch import Spotter

    spotter = Spotter(sight)

    def play(ask: Ask) -> Answer:
        if ask.image is None:
            raise BadInput("A spotter needs a picture to describe.")
        return Answer(text=spotter.describe(ask.image.data), cost_usd=0.0)

    return play


PLAYERS: Final[dict[str, Callable[[], Callable[[Ask], Answer]]]] = {
    "stickers": lambda: _artist("stickers"),
    "doodles": lambda: _artist("doodles"),
    "sharp": lambda: _spotter("sharp"),
    "hazy": lambda: _spotter("hazy"),
}


EMBEDDERS: Final[dict[str, Callable[[], Embedder]]] = {"minilm": MiniLM}
"""Constructors of the offline embedders, by the names of their tables."""


@cache
def _player(ref: str) -> Callable[[Ask], Answer]:
    return PLAYERS[ref]()


class Offline:
    """The provider of models that run on this machine's CPU. They are free, so no call is submitted or found again."""

    def why_not(self, model: ModelTable) -> str | None:
        if model.kind == "chat":
            return "nobody offline chats"
        if model.kind == "embedder":
            return None if model.name in EMBEDDERS else f"no offline embedder is called '{model.name}'"
        return None if model.ref in PLAYERS else f"no offline player is called '{model.ref}'"

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        return Ticket()

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        return await off_loop(_player(model.ref), ask)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        """Does nothing: a drawing takes a quarter of a second."""

    async def exists(self, model: ModelTable) -> bool | None:
        return self.why_not(model) is None

    async def close(self) -> None:
        """Does nothing: there are no connections."""
