"""Admission: checks a game's prompt, players and length, and whether games may run here, before it is stored."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from telephone.domain.budgets import Caps
from telephone.domain.games import (
    DEFAULT_TURNS,
    HUMAN,
    HUMAN_TURNS,
    NO_GUILD,
    PROMPT_MAX,
    Design,
    Game,
    GameRequest,
    Kind,
    Level,
    Pair,
    Prompt,
    StepKey,
    clean_prompt,
)
from telephone.domain.servers import ServerSettings
from telephone.errors import BadInput, NotAllowed, OverBudget
from telephone.models.players import Players
from telephone.models.pricing import ATTEMPTS, most_usd
from telephone.prompts.catalog import look_up, offered
from telephone.providers.base import ModelKind, ModelTable
from telephone.providers.reasoning import most_call_usd
from telephone.safety import Guard
from telephone.store import Order, Store

_KINDS: Final[tuple[tuple[Kind, ModelKind], ...]] = ((Kind.PICTURE, "t2i"), (Kind.CAPTION, "i2t"))
NOTHING_TO_SEAL: Final = (
    "A sealed game is for members to take turns in; please choose human for one of its players, or a human step."
)
SEED_MAX: Final = 2**53 - 1
"""Largest seed: the largest whole number that Discord and JSON readers keep exact."""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A game as a member typed it. None stands for what admission chooses itself.

    `prompt` is free text or the slug of a curated prompt or one of the server's own; without one, `level` picks one.
    `age_restricted` says that Discord shows the channel to adults only. `human_step`, such as 3c, is the one step that
    a member takes in a game between two models; such a game is sealed. `key` is the id to store the game under, so
    that a request that comes twice starts one game; without one the id is random. `design` names the plan that fixed
    the game beforehand; None where somebody chose it.
    """

    prompt: str | None
    t2i: str | None = None
    i2t: str | None = None
    turns: int | None = None
    seed: int | None = None
    level: Level | None = None
    guild_id: int = NO_GUILD
    channel_id: int = 0
    starter_id: int = 0
    age_restricted: bool = False
    longest_prompt: int = PROMPT_MAX
    sealed: bool = False
    human_step: str | None = None
    key: str | None = None
    design: Design | None = None


@dataclass(frozen=True, slots=True)
class GameAdmission:
    """Makes a game that can be played of what was typed. Raises a TelephoneError that says what to change."""

    store: Store
    players: Players
    guard: Guard
    caps: Caps = field(default_factory=Caps)
    measuring_usd: Callable[[int], float] = lambda turns: 0.0
    """The most that measuring a game of so many turns can cost, in US dollars."""
    humans: bool = False
    """Whether members can take turns here."""

    def order(self, request: GameRequest) -> Order:
        """The most that an admitted game can cost, to be reserved with it; a stand-in may have to play for a member."""
        t2i, i2t = (self._payee(request.pair.player(kind), of) for kind, of in _KINDS)
        return Order(most_usd(request.turns, t2i, i2t, self.measuring_usd(request.turns)), self.caps)

    async def add(self, request: GameRequest, key: str | None = None) -> Game:
        """Stores an admitted game under a new number, the most it can cost reserved. Raises OverBudget.

        A game whose players cost nothing is never refused for money: where measuring it does not fit the budget, it
        reserves nothing, and only embedders that cost nothing measure it.
        """
        order = self.order(request)
        try:
            return await self.store.games.add(request, order, key)
        except OverBudget:
            if order.most_usd > self.measuring_usd(request.turns):
                raise
            return await self.store.games.add(request, replace(order, most_usd=0.0), key)

    async def cover_rest(self, game: Game) -> None:
        """Reserves what the rest of a paused game may cost, where what was reserved for it was spent on lost calls.

        Raises OverBudget where that does not fit today's budgets.
        """
        left = [game.player(StepKey.at(index)) for index in range(len(game.steps), 2 * game.request.turns)]
        prices = (most_call_usd(self.players.registry.table(name)) for name in left if name != HUMAN)
        await self.store.budgets.cover(game.id, ATTEMPTS * sum(prices), self.caps)

    async def admit(self, asked: StartRequest) -> GameRequest:
        """The game to store. Raises BadInput, NotAllowed or Refused."""
        server = await self.check_open(asked.guild_id)
        pair = Pair(self._seat(asked.t2i, "t2i"), self._seat(asked.i2t, "i2t"))
        usual = HUMAN_TURNS if HUMAN in (pair.t2i, pair.i2t) else DEFAULT_TURNS
        turns = asked.turns if asked.turns is not None else min(usual, server.max_turns)
        if not 1 <= turns <= server.max_turns:
            raise BadInput(f"A game here has 1 to {server.max_turns} turns; please choose a number between them.")
        seed = asked.seed if asked.seed is not None else secrets.randbelow(2**31)
        if not 0 <= seed <= SEED_MAX:
            raise BadInput(f"A seed is a whole number from 0 to {SEED_MAX}; please choose another.")
        prompt, human_step = await self._prompt(asked), self._human_step(asked, pair, turns)
        nsfw = asked.age_restricted and server.nsfw == "age-restricted-only"
        if prompt.slug is None:
            await self.guard.prompt(prompt.text, nsfw=nsfw)
        return GameRequest(
            prompt=prompt,
            pair=pair,
            turns=turns,
            seed=seed,
            guild_id=asked.guild_id,
            channel_id=asked.channel_id,
            starter_id=asked.starter_id,
            nsfw=nsfw,
            design=asked.design,
            sealed=asked.sealed or human_step is not None,
            human_step=human_step,
        )

    async def check_open(self, guild_id: int) -> ServerSettings:
        """The settings of a server. Raises NotAllowed while games are paused there or everywhere."""
        return await self.store.servers.check_open(guild_id)

    def _human_step(self, asked: StartRequest, pair: Pair, turns: int) -> StepKey | None:
        """The one step that a member takes in a game between two models, None without one.

        Raises BadInput, and NotAllowed where members cannot take turns.
        """
        by_members = HUMAN in (pair.t2i, pair.i2t)
        if asked.human_step is None and not by_members:
            if asked.sealed:
                raise BadInput(NOTHING_TO_SEAL)
            return None
        self.check_members()
        if asked.human_step is None:
            return None
        key = StepKey.parse(asked.human_step)
        if by_members:
            raise BadInput(
                "A human step is one step in a line of two models; please choose two models, or leave it out."
            )
        if key.turn > turns:
            raise BadInput(f"This game has {turns} turns; please choose a human step up to {turns}c.")
        return key

    def check_members(self) -> None:
        """Raises NotAllowed where members cannot take turns."""
        if not self.humans:
            raise NotAllowed("Members take turns on Discord; here please choose a model.")
        if self.guard.checker.why_not() is not None:
            raise NotAllowed("What members draw and write cannot be checked here yet; please tell the operator.")

    def _payee(self, name: str, kind: ModelKind) -> ModelTable:
        """The model whose price is reserved for a player's steps: for a member, the stand-in."""
        stand_in = self.players.stand_in(kind) if name == HUMAN else name
        if stand_in is None:
            raise NotAllowed("No model could stand in for a member just now; please ask the operator.")
        return self.players.registry.table(stand_in)

    def _seat(self, name: str | None, kind: ModelKind) -> str:
        if name is not None and name.strip().lower() == HUMAN:
            return HUMAN
        if name is not None:
            return self.players.playable(name, kind).name
        ready = [table.name for table in self.players.registry.of_kind(kind) if self.players.why_not(table) is None]
        if not ready:
            raise NotAllowed("No model can play yet; please ask the operator to run telephone doctor.")
        return ready[0]

    async def _prompt(self, asked: StartRequest) -> Prompt:
        named = await offered(self.store, asked.guild_id)
        if asked.prompt is None:
            return secrets.choice([prompt for prompt in named if asked.level in (None, prompt.level)])
        if asked.level is not None:
            raise BadInput("A level picks one of the listed prompts; please leave out either the level or the prompt.")
        known = look_up(asked.prompt, named)
        if known is not None:
            return known
        if asked.prompt.startswith("#") and " " not in asked.prompt.strip():
            raise BadInput(f"No prompt on the list is called {asked.prompt.strip()[:40]}; pick one from the list.")
        return Prompt(clean_prompt(asked.prompt, asked.longest_prompt))
