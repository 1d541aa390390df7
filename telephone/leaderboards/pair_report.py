"""The drift of one pair on a server: all its games together, by one embedder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from telephone.concurrency import off_loop
from telephone.domain.calibration import Calibration, Rest
from telephone.domain.games import NO_GUILD, Level, Pair
from telephone.measurement.calibration import Calibrations, over_two
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.distractors import distractors
from telephone.measurement.embedding_cache import CachedEmbedder, Vector
from telephone.models.registry import Registry
from telephone.scoring.attribution import GameSimilarities, Shares, cross_fitted
from telephone.scoring.decay import REST, rest
from telephone.scoring.intervals import Floats
from telephone.scoring.pair_curve import Line, PairDrift, course, resting, usual
from telephone.store import GameContent, PairGame, Pool, Store
from telephone.store.pairs import LATEST

Vectors = Mapping[str, Vector]
CLOSELY: Final = 300
"""How many games are examined step by step, from the newest on: all of their vectors are read."""
BLIND: Final = "{label} sees no pictures, so it cannot tell which step lost the prompt"
UNSEEN: Final = "the pictures of these games are not all measured by {label} yet"
UNREADY: Final = "what {label} tells the true prompt from is not measured yet; it will be after the next game"


@dataclass(frozen=True, slots=True)
class PairRequest:
    """A request for one pair. Without an embedder, the operator's primary answers where it measured games."""

    pair: Pair
    guild_id: int = NO_GUILD
    embedder: str | None = None
    level: Level | None = None
    free: bool = False
    designed: bool = False
    live: bool = False

    @property
    def pool(self) -> Pool:
        """The games that count."""
        return Pool(self.guild_id, self.level, self.free, self.designed, self.live)


@dataclass(frozen=True, slots=True)
class PairReports:
    """Reads what is measured; embeds nothing but a calibration that costs nothing."""

    store: Store
    measure: GameMeasurer
    calibrations: Calibrations
    registry: Registry

    async def calibration(self, guild_id: int, embedder: str) -> Calibration | None:
        """What distances by an embedder mean on a server; None until that is known."""
        return await self.calibrations.made(guild_id, embedder)

    async def drift(self, asked: PairRequest) -> PairDrift:
        """How a pair drifts. Raises NotFound for an embedder that is not ready."""
        embedder, games = await self._measured(asked)
        kin = self.registry.kin_of(embedder.name) & {asked.pair.t2i, asked.pair.i2t}
        found = PairDrift(
            asked.pair,
            embedder.name,
            self.registry.label(embedder.name),
            asked.level,
            asked.free,
            unmeasured=await self.store.pairs.unmeasured(asked.pool, asked.pair, embedder.name, embedder.version),
            unread=await self.store.pairs.unread(asked.pool, asked.pair, embedder.name, embedder.version),
            latest=len(games) == LATEST,
            kin=tuple(sorted(kin)),
        )
        if not games:
            return found
        turns = usual([len(game.distances) for game in games])
        long = [game for game in games if len(game.distances) >= turns]
        lines = [Line(game.prompt, game.seed, game.distances) for game in long]
        scale = await self.calibrations.made(asked.guild_id, embedder.name, asked.pair)
        told = await self.store.pairs.contents([game.id for game in long[:CLOSELY]])
        return replace(
            found,
            games=len({(line.prompt, line.seed) for line in lines}),
            shorter=len(games) - len(long),
            course=await off_loop(course, lines, _pictures(long), turns),
            resting=None if scale is None else resting(await self._rests(embedder, scale, _once(long[:CLOSELY]), told)),
            scale=scale,
            shares=await self._shares(embedder, found.label, _once(long[:CLOSELY]), told),
        )

    async def _measured(self, asked: PairRequest) -> tuple[CachedEmbedder, list[PairGame]]:
        """The embedder to ask and its games: the embedder that was named, or the first that measured any."""
        if asked.embedder is not None:
            choice = [self.measure.named(asked.embedder)]
        else:
            choice = [self.measure.named(name) for name in (self.measure.primary, self.measure.always)]
        for embedder in choice:
            games = await self.store.pairs.of(asked.pool, asked.pair, embedder.name, embedder.version)
            if games:
                return embedder, games
        return choice[0], []

    async def _rests(
        self, embedder: CachedEmbedder, scale: Calibration, games: Sequence[PairGame], told: dict[str, GameContent]
    ) -> list[Rest]:
        """When each game came to rest; two captions that take turns are looked for where it did not."""
        long = [game for game in games if len(game.steps) >= REST]
        found = {game.id: rest(game.steps, scale.still) for game in long}
        moving = [game for game in long if found[game.id].turn is None and game.id in told]
        kept = await embedder.kept([text for game in moving for text in told[game.id].captions])
        for game in moving:
            captions = told[game.id].captions
            if len(captions) == len(game.steps) and all(text in kept for text in captions):
                found[game.id] = rest(game.steps, scale.still, over_two([kept[text] for text in captions]))
        return list(found.values())

    async def _shares(
        self, embedder: CachedEmbedder, label: str, games: Sequence[PairGame], told: dict[str, GameContent]
    ) -> Shares:
        """What T2I and I2T lost of the prompt, or why that cannot be told."""
        prompts = len({game.prompt for game in games})
        if not embedder.sees_pictures:
            return Shares(None, None, prompts, BLIND.format(label=label))
        others = await embedder.known(distractors())
        if others is None:
            return Shares(None, None, prompts, UNREADY.format(label=label))
        seen = await self._seen(embedder, games, told, others.astype(np.float64))
        if not seen:
            return Shares(None, None, prompts, UNSEEN.format(label=label))
        return await off_loop(cross_fitted, seen)

    async def _seen(
        self, embedder: CachedEmbedder, games: Sequence[PairGame], told: dict[str, GameContent], others: Floats
    ) -> list[GameSimilarities]:
        """The games all of whose steps were embedded, as similarities to the true prompt and its distractors."""
        played = [(game, told[game.id]) for game in games if game.id in told]
        texts = await embedder.kept([text for game, one in played for text in (game.words, *one.captions)])
        drawn = await embedder.kept_pictures([sha256 for _, one in played for sha256 in one.pictures if sha256])
        return await off_loop(_similarities, played, texts, drawn, others)


def _similarities(
    played: Sequence[tuple[PairGame, GameContent]], texts: Vectors, drawn: Vectors, others: Floats
) -> list[GameSimilarities]:
    found = []
    for game, one in played:
        captions, pictures = list(one.captions), [sha256 or "" for sha256 in one.pictures]
        if game.words in texts and all(c in texts for c in captions) and all(p in drawn for p in pictures):
            prompts = np.vstack([texts[game.words][None, :], others])
            said, seen = _rows(texts, captions) @ prompts.T, _rows(drawn, pictures) @ prompts.T
            found.append(GameSimilarities(game.prompt, _rows(texts, [game.words])[0] @ prompts.T, seen, said))
    return found


def _rows(vectors: Vectors, names: Sequence[str]) -> Floats:
    return np.stack([vectors[name] for name in names]).astype(np.float64)


def _once(games: Sequence[PairGame]) -> list[PairGame]:
    """The newest game of each prompt and seed."""
    first: dict[tuple[str, int], PairGame] = {}
    for game in games:
        first.setdefault((game.prompt, game.seed), game)
    return list(first.values())


def _pictures(games: Sequence[PairGame]) -> list[Line]:
    """The distances of the pictures of those games that know them all."""
    return [
        Line(game.prompt, game.seed, tuple(far for far in game.pictures if far is not None))
        for game in games
        if game.pictures and all(far is not None for far in game.pictures)
    ]
