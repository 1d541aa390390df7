"""Admission of battles: checks all sides before a battle is stored, so that it is played whole or not at all."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from telephone.battles.matchmaking import Matchmaking, read_pair
from telephone.domain.battles import VOTE_SECONDS, BattleRequest
from telephone.domain.games import NO_GUILD, PROMPT_MAX, GameRequest, Level, Pair
from telephone.games.admission import GameAdmission, StartRequest
from telephone.prompts.catalog import look_up, offered
from telephone.scoring.pair_selection import NextPairs
from telephone.store import Order


@dataclass(frozen=True, slots=True)
class BattleAsked:
    """A battle as a member typed it. None stands for what admission chooses itself.

    `pairs` are the pairs that the member named, in any order; `sides` says how many there should be. `vote_seconds` is
    how long votes may be cast. All other fields are as in StartRequest.
    """

    prompt: str | None = None
    pairs: Sequence[str] = ()
    sides: int | None = None
    turns: int | None = None
    seed: int | None = None
    level: Level | None = None
    guild_id: int = NO_GUILD
    channel_id: int = 0
    starter_id: int = 0
    age_restricted: bool = False
    longest_prompt: int = PROMPT_MAX
    vote_seconds: int = VOTE_SECONDS
    key: str | None = None


@dataclass(frozen=True, slots=True)
class AdmittedBattle:
    """A battle that can be played.

    `orders` have the most that each of its games can cost, `total` the most of all together; `reason` says why these
    pairs were chosen.
    """

    request: BattleRequest
    orders: tuple[Order, ...]
    total: Order
    reason: str

    def places(self) -> list[int]:
        """A place for each pair, drawn by lot: a place tells neither the pair nor the order of the games."""
        count = len(self.request.pairs)
        return secrets.SystemRandom().sample(range(count), count)


@dataclass(frozen=True, slots=True)
class BattleAdmission:
    """Makes a battle that can be played of what was typed. Raises a TelephoneError that says what to change."""

    games: GameAdmission
    matchmaking: Matchmaking

    async def admit(self, asked: BattleAsked) -> AdmittedBattle:
        """The battle to store. Raises BadInput, NotAllowed or Refused."""
        await self.games.check_open(asked.guild_id)
        named, prompts = [read_pair(typed) for typed in asked.pairs], await self._prompts(asked)
        chosen = await self.matchmaking.choose(asked.guild_id, named, asked.sides, prompts, secrets.randbelow(2**31))
        game = await self.games.admit(_first_game(asked, chosen))
        request = BattleRequest(
            prompt=game.prompt,
            pairs=chosen.pairs,
            turns=game.turns,
            seed=game.seed,
            guild_id=game.guild_id,
            channel_id=game.channel_id,
            starter_id=game.starter_id,
            nsfw=game.nsfw,
            vote_seconds=asked.vote_seconds,
        )
        orders = tuple(self._order(game, pair) for pair in chosen.pairs)
        total = Order(sum(order.most_usd for order in orders), self.games.caps, len(orders))
        return AdmittedBattle(request, orders, total, chosen.why)

    async def _prompts(self, asked: BattleAsked) -> list[str]:
        """The slugs of the prompts that may be played: all of the level where none was named, none for a free one."""
        named = await offered(self.games.store, asked.guild_id)
        if asked.prompt is not None:
            known = look_up(asked.prompt, named)
            named = [known] if known is not None else []
        return [prompt.slug for prompt in named if prompt.slug and asked.level in (None, prompt.level)]

    def _order(self, game: GameRequest, pair: Pair) -> Order:
        return self.games.order(GameRequest(game.prompt, pair, game.turns))


def _first_game(asked: BattleAsked, chosen: NextPairs) -> StartRequest:
    """The first side's game. A prompt that matchmaking chose is of the level asked for, which is left out then."""
    return StartRequest(
        prompt=asked.prompt if asked.prompt is not None else chosen.prompt,
        t2i=chosen.pairs[0].t2i,
        i2t=chosen.pairs[0].i2t,
        turns=asked.turns,
        seed=asked.seed,
        level=asked.level if asked.prompt is not None or chosen.prompt is None else None,
        guild_id=asked.guild_id,
        channel_id=asked.channel_id,
        starter_id=asked.starter_id,
        age_restricted=asked.age_restricted,
        longest_prompt=asked.longest_prompt,
    )
