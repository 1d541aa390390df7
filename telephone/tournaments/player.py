"""Plays a frozen design, game after game. Whatever stops it, the same call goes on where it was."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from telephone.domain.designs import DesignedGame, FrozenDesign, words_hash
from telephone.domain.games import NO_GUILD, Game, GameState, Prompt
from telephone.domain.refusals import NoGame
from telephone.errors import BadInput, TelephoneError
from telephone.exports.scores import tabulate
from telephone.games.admission import StartRequest
from telephone.games.service import GameService
from telephone.leaderboards.board import Judge
from telephone.leaderboards.score_file import ScoreFile, read_score_file
from telephone.models.players import Players
from telephone.prompts.catalog import look_up, offered
from telephone.store import Pool, Store
from telephone.tournaments.report import by_key, settled_after

PATIENCE: Final = 24 * 3600.0
"""How long one game may take, in seconds."""

Told = Callable[[int, DesignedGame, Game], None]
"""Hears of every game that has ended: its number from 1, what was designed, and what was played."""


@dataclass(frozen=True, slots=True)
class DesignPlayer:
    """Plays designs in the place where `games` plays. `embedders` are the versions of those that measure here."""

    games: GameService
    store: Store
    players: Players
    judges: Sequence[Judge]
    embedders: Mapping[str, str]
    guild_id: int = NO_GUILD

    async def check(self, design: FrozenDesign) -> None:
        """Raises a TelephoneError that says what of the design cannot be played here as it was frozen."""
        for pair in design.pairs:
            self.players.playable(pair.t2i, "t2i")
            self.players.playable(pair.i2t, "i2t")
        for slug in changed_prompts(design, await offered(self.store, self.guild_id)):
            raise BadInput(
                f"The words of {slug} are not those of the design; freeze a new one with telephone design new."
            )
        for name, version in design.embedders:
            if self.embedders.get(name) != version:
                here = f"has it in version {self.embedders[name]}" if name in self.embedders else "has it not ready"
                raise BadInput(
                    f"The design is measured with {name} {version}, and this installation {here}; play it where that "
                    "embedder is, or freeze a new one with telephone design new."
                )

    async def play(self, design: FrozenDesign, told: Told) -> None:
        """Plays what is left of a design. Raises a TelephoneError where a game pauses or no more may be spent."""
        await self.check(design)
        block = -1
        for number, one in enumerate(design.games):
            if one.block != block:
                block = one.block
                if await self._says_stop(design, block):
                    return
            told(number + 1, one, await self._one(design, number, one))

    async def scores(self) -> ScoreFile | None:
        """The designed games of this place as an export would hold them, None where there are none."""
        return await scores_of(self.store, self.judges, Pool(self.guild_id, designed=True))

    async def _says_stop(self, design: FrozenDesign, block: int) -> bool:
        """Whether the stopping rule ends the design before a block."""
        if design.stopping.rule == "all" or block == 0:
            return False
        file = await self.scores()
        after = None if file is None else settled_after(design, by_key(file))
        return after is not None and after <= block

    async def _one(self, design: FrozenDesign, number: int, one: DesignedGame) -> Game:
        key = design.key(number, self.guild_id)
        game = await self._found(key)
        if game is None:
            asked = StartRequest(
                prompt=one.prompt.slug,
                t2i=one.pair.t2i,
                i2t=one.pair.i2t,
                turns=design.turns,
                seed=one.seed,
                guild_id=self.guild_id,
                key=key,
                design="tournament",
            )
            game = await self.games.start(asked)
        elif game.state is GameState.PAUSED:
            game = await self.games.resume(key, by=0, is_host=True, server=self.guild_id)
        game = await self.games.closed(key, PATIENCE)
        if game.state is GameState.PAUSED:
            why = game.reason or "It pauses."
            raise TelephoneError(f"Game {number + 1} of {len(design)} pauses: {why} The same command goes on with it.")
        return game

    async def _found(self, key: str) -> Game | None:
        try:
            return await self.games.get(key, server=self.guild_id)
        except NoGame:
            return None


def changed_prompts(design: FrozenDesign, known: Sequence[Prompt]) -> list[str]:
    """The slugs of a design whose words are not those that were frozen, or that nobody knows."""
    found = {one.slug: look_up(one.slug, known) for one in design.prompts}
    wanted = {one.slug: one.words for one in design.prompts}
    return [slug for slug, prompt in found.items() if prompt is None or words_hash(prompt.text) != wanted[slug]]


async def scores_of(store: Store, judges: Sequence[Judge], pool: Pool) -> ScoreFile | None:
    """The games of a pool as an export would hold them, None where there are none."""
    games = await store.scored.of(pool)
    if not games:
        return None
    return read_score_file(tabulate(games, judges).data.decode().splitlines(keepends=True))
