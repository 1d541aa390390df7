"""The vocabulary of battles and votes. Every value here is frozen; a change is a new value.

A *battle* sets two to four games on one prompt against each other; each is one of its *sides*. Sides are shuffled
once: a side's *place*, and with it its letter, says nothing of its pair.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from telephone.domain.games import DEFAULT_TURNS, NO_GUILD, Game, GameState, Pair, Prompt
from telephone.domain.messages import BattleMessage, BattleMessageKind

SIDES_MIN: Final = 2
SIDES_MAX: Final = 4
VOTE_SECONDS: Final = 24 * 3_600
"""How long votes may be cast where nobody says otherwise."""


class BattleState(StrEnum):
    """The state of a battle. The last two are final, and show names, votes and distances."""

    PLAYING = "playing"
    PAUSED = "paused"
    VOTING = "voting"
    CLOSED = "closed"
    VOID = "void"

    @property
    def is_final(self) -> bool:
        return self in (BattleState.CLOSED, BattleState.VOID)


class Choice(StrEnum):
    """What a vote can say: which side degraded least, that two sides degraded equally, or that all are bad."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    TIE = "tie"
    ALL_BAD = "bad"

    @property
    def place(self) -> int | None:
        """The place of the side that it names, None for TIE and ALL_BAD."""
        return "abcd".index(self.value) if len(self.value) == 1 else None

    @classmethod
    def of_side(cls, place: int) -> "Choice":
        return cls("abcd"[place])


class Decision(StrEnum):
    """An admin's decision about a voter whose votes were flagged: they count as before, or not at all."""

    CLEARED = "cleared"
    STRUCK = "struck"


@dataclass(frozen=True, slots=True)
class BattleRequest:
    """A battle as it was asked for. Ids are Discord snowflakes; `nsfw` as a game's request has it.

    `pairs` are in the order they were named in, which is not that of the sides. A battle that is not `designed` sets
    finished games against each other, which a member chose.
    """

    prompt: Prompt
    pairs: tuple[Pair, ...]
    turns: int = DEFAULT_TURNS
    seed: int = 0
    guild_id: int = NO_GUILD
    channel_id: int = 0
    starter_id: int = 0
    nsfw: bool = False
    vote_seconds: int = VOTE_SECONDS
    designed: bool = True


def letter_of(place: int) -> str:
    """The letter that names the side at a place."""
    return "ABCD"[place]


@dataclass(frozen=True, slots=True)
class Side:
    """One game of a battle. `place` is 0 to 3; `dropped` says in one sentence why it was dropped, if it was."""

    place: int
    game: Game
    dropped: str | None = None

    @property
    def letter(self) -> str:
        return letter_of(self.place)

    @property
    def choice(self) -> Choice:
        return Choice.of_side(self.place)

    @property
    def turns_played(self) -> int:
        """How many turns are whole, with picture and caption."""
        return sum(turn.picture is not None and turn.caption is not None for turn in self.game.turns)

    @property
    def is_out(self) -> bool:
        """Whether its game will not be played to the end, dropped already or not."""
        return self.dropped is not None or self.game.state in (GameState.STOPPED, GameState.FAILED)


@dataclass(frozen=True, slots=True)
class Battle:
    """A battle as it is stored, its sides in the order of their places.

    `number` counts from 1 within a server, apart from the games' numbers; `run` counts from 0 how often it was started
    again. `messages` has the ids of its posted messages: card, thread, opening, round-1 and so on. `votes` counts
    members who voted. `reason` says in one sentence why it is paused or void.
    """

    id: str
    number: int
    request: BattleRequest
    state: BattleState
    sides: tuple[Side, ...]
    created_at: datetime
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    run: int = 0
    votes: int = 0
    messages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def standing(self) -> tuple[Side, ...]:
        """The sides that are not dropped."""
        return tuple(side for side in self.sides if side.dropped is None)

    @property
    def in_play(self) -> tuple[Side, ...]:
        """The sides that are not dropped and can still be played to their end."""
        return tuple(side for side in self.sides if not side.is_out)

    def sides_at(self, turn: int) -> tuple[Side, ...]:
        """The sides that have played a whole turn, dropped later or not, without those that a moderator voided."""
        return tuple(side for side in self.sides if side.turns_played >= turn and not side.game.voided)

    @property
    def rounds(self) -> int:
        """How many rounds were posted."""
        return sum(BattleMessage.parse(what).kind is BattleMessageKind.ROUND for what in self.messages)

    @property
    def turn_now(self) -> int:
        """The turn whose round comes next, or the last one when all are posted."""
        return min(self.rounds + 1, self.request.turns)

    @property
    def card_id(self) -> int | None:
        """The message that shows the battle in its channel: once votes can be cast, the one with the ballot."""
        return self.messages.get(BattleMessageKind.BALLOT, self.messages.get(BattleMessageKind.CARD))

    @property
    def thread_id(self) -> int | None:
        return self.messages.get(BattleMessageKind.THREAD)

    @property
    def shown(self) -> "Battle":
        """The battle as it may be shown: hidden pictures are absent, hidden captions a neutral phrase."""
        return replace(self, sides=tuple(replace(side, game=side.game.shown) for side in self.sides))

    @property
    def waits(self) -> str | None:
        """Why nothing is played just now, in one sentence; None while a game is played."""
        if self.state is BattleState.PAUSED:
            return self.reason
        paused = [side.game for side in self.in_play if side.game.state is GameState.PAUSED]
        return paused[0].reason if self.state is BattleState.PLAYING and paused else None

    @property
    def queued(self) -> bool:
        """Whether none of its games has begun, since they wait in their server's queue."""
        games = [side.game for side in self.in_play]
        return self.state is BattleState.PLAYING and all(game.state is GameState.QUEUED for game in games)

    @property
    def cost_usd(self) -> float:
        """What all its games cost so far, in US dollars."""
        return sum(side.game.cost_usd for side in self.sides)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices of a vote, in the order of the buttons: a tie needs exactly two sides."""
        sides = tuple(side.choice for side in self.standing)
        return (*sides, *((Choice.TIE,) if len(sides) == SIDES_MIN else ()), Choice.ALL_BAD)


@dataclass(frozen=True, slots=True)
class Voter:
    """A member who votes: when the account was made, and when it joined this server, None where Discord did not say."""

    member_id: int
    account_created_at: datetime
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """One member's current vote. `shown` has the letters of the sides in the order of their buttons, as in "abd"."""

    battle_id: str
    voter: Voter
    choice: Choice
    shown: str
    cast_at: datetime
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """A vote that was cast: the choice now, the choice before it if any, and until when it can be changed."""

    choice: Choice
    before: Choice | None
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a closed battle: votes by choice, and each side's final distance in [0, 2] by its place.

    `embedder` is the label of the embedder that measured the distances; a side that was not measured is absent, and one
    of `unread` has none because the embedder cannot read its words. `board` says in sentences how the battle changed
    the board by votes, "" where there is nothing to say.
    """

    tally: Mapping[Choice, int]
    distances: Mapping[int, float]
    embedder: str = ""
    board: str = ""
    unread: frozenset[int] = frozenset()

    @property
    def votes(self) -> int:
        return sum(self.tally.values())

    @property
    def leaders(self) -> frozenset[Choice]:
        """The choices with the most votes: one, several that are equal, or none where nobody voted."""
        most = max(self.tally.values(), default=0)
        return frozenset(choice for choice, count in self.tally.items() if count == most and most)
