"""Measuring played games: how far every caption and picture is from the prompt and from the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from telephone.domain.games import Drift, Game
from telephone.errors import NotFound
from telephone.measurement.embedding_cache import CachedEmbedder, Pay, Vector
from telephone.scoring.drift import cosine_distance, drift, summarise
from telephone.store import Measurement
from telephone.store.distances import Shown

ALWAYS: Final = "minilm"
"""The embedder that measures every game, beside any other: offline, free, and no kin of any player."""


@dataclass(frozen=True, slots=True)
class GameMeasurer:
    """All embedders that are ready, by name. A game is measured with `primary` and `always`, and shows the former."""

    embedders: Mapping[str, CachedEmbedder]
    primary: str = ALWAYS
    always: str = ALWAYS

    def named(self, name: str) -> CachedEmbedder:
        """The embedder of that name. Raises NotFound, naming those that are ready."""
        if name not in self.embedders:
            raise NotFound(
                f"No embedder called '{name[:40]}' is ready here; choose one of: {', '.join(self.embedders)}."
            )
        return self.embedders[name]

    @property
    def of_every_game(self) -> list[CachedEmbedder]:
        """The embedders that measure every game: `always` first, then the primary."""
        return [self.embedders[name] for name in dict.fromkeys([self.always, self.primary])]

    def of(self, game: Game) -> list[CachedEmbedder]:
        """The embedders that measure a game when it ends; for a game that reserved no money, only the free ones."""
        return [embedder for embedder in self.of_every_game if not embedder.price_usd or game.costs.reserved]

    def most_usd(self, turns: int) -> float:
        """The most that measuring a game can cost with all of them, in US dollars."""
        return sum(embedder.most_usd(turns) for embedder in self.of_every_game)

    async def measure(self, game: Game, name: str, pay: Pay | None = None, *, settle: bool = False) -> Drift | None:
        """Measures a game with one embedder; None where no caption was played. Raises a TelephoneError.

        Distances from and to a text that the embedder cannot read are not known, nor those of two texts that it
        cannot tell apart.

        From then on the game shows the primary's distances or, until it has those, the ones of `always`. The cost is
        booked on the game as scoring, unless `pay` books it elsewhere. `settle` releases what is left of the game's
        reservation in the transaction that stores the distances.
        """
        embedder = self.named(name)

        async def charge(what: str, usd: float) -> None:
            await embedder.store.budgets.charge(game.id, what, "scoring", usd)

        measured = await _measured(embedder, game, pay or charge)
        if measured is None:
            return None
        found, rows = measured
        shown = Shown(unless=self.primary) if name in (self.primary, self.always) else None
        await embedder.store.distances.put(game.id, name, embedder.version, rows, shown=shown, settle=settle)
        return found


async def _measured(embedder: CachedEmbedder, game: Game, pay: Pay) -> tuple[Drift, list[Measurement]] | None:
    """The drift of a game, and its distances as they are stored."""
    captions = [turn.caption.text for turn in game.turns if turn.caption is not None and turn.caption.text]
    if not captions:
        return None
    texts = [game.request.prompt.text, *captions]
    first_words = await embedder.heads(texts)
    read = await embedder.read([*texts, *first_words], pay)
    vectors, short = read[: len(texts)], read[len(texts) :]
    known = drift(vectors[0], vectors[1:])
    found = summarise(
        await _told(embedder, texts[:1] * len(captions), captions, known.distances),
        await _told(embedder, texts[:-1], captions, known.step_distances),
    )
    apart = [_apart(short[0], one) for one in short[1:]]
    heads = await _told(embedder, first_words[:1] * len(captions), first_words[1:], apart)
    pictures, long = await _pictures(embedder, game, vectors[0], pay), await embedder.approximate(texts)
    rows = [
        Measurement(
            turn=n,
            distance=found.distances[n - 1],
            step_distance=found.step_distances[n - 1],
            head=heads[n - 1],
            picture=picture,
            picture_step=step,
            approximate=long[0] or long[n],
        )
        for n, (picture, step) in enumerate(pictures[: len(captions)], 1)
    ]
    return found, rows


async def _told(
    embedder: CachedEmbedder, ones: Sequence[str], others: Sequence[str], distances: Sequence[float | None]
) -> list[float | None]:
    """The distances of texts, None for two that the embedder cannot tell apart."""
    told = await embedder.told_apart(list(zip(ones, others, strict=True)))
    return [distance if apart else None for distance, apart in zip(distances, told, strict=True)]


async def _pictures(
    embedder: CachedEmbedder, game: Game, prompt: Vector | None, pay: Pay
) -> list[tuple[float | None, float | None]]:
    """How far each turn's picture is from the prompt and from the picture before, None where that is not known."""
    if not embedder.sees_pictures:
        return [(None, None)] * len(game.turns)
    drawn = [turn.picture.image if turn.picture else None for turn in game.turns]
    there = [sha256 for sha256 in drawn if sha256 is not None]
    vectors = dict(zip(there, await embedder.embed_pictures(there, pay), strict=True))
    line = [None if sha256 is None else vectors[sha256] for sha256 in drawn]
    return [(_apart(prompt, one), _apart(before, one)) for before, one in zip([None, *line], line, strict=False)]


def _apart(one: Vector | None, other: Vector | None) -> float | None:
    return None if one is None or other is None else cosine_distance(one, other)
