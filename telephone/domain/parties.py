"""The vocabulary of a party, and its arithmetic. Every value here is frozen.

Each member of a party brings a prompt; it starts an *album*, a sealed game in which every step is another member's. In
a *round* every member takes one step of one album, all at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from telephone.domain.games import NO_GUILD, Game, GameState, Prompt, StepKey
from telephone.domain.human_turns import Seat, SeatState
from telephone.domain.messages import PartyMessageKind

GUESTS_MIN: Final = 3
GUESTS_MAX: Final = 12
"""Fewest and most members of a party."""
ROUNDS_MIN: Final = 2
_SHOWN: Final = 2
"""Decimals of a distance as it is shown: distances that are equal to these decimals tie."""


class PartyState(StrEnum):
    """The state of a party. The last two are final."""

    JOINING = "joining"
    PROMPTS = "prompts"
    PLAYING = "playing"
    REVEALING = "revealing"
    FINISHED = "finished"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return self in (PartyState.FINISHED, PartyState.STOPPED)


@dataclass(frozen=True, slots=True)
class Guest:
    """A member of a party. `chair` counts from 0 and is None until the prompts are collected.

    A model takes every turn of a member who has `left`. `prompt` is the one they brought, None once it is in their
    album, which is the game `game_id`.
    """

    member_id: int
    chair: int | None = None
    left: bool = False
    prompt: Prompt | None = None
    game_id: str | None = None


@dataclass(frozen=True, slots=True)
class PartyRequest:
    """A party as it was asked for: `players` is the most members, `rounds` None for as many as fit.

    `t2i` and `i2t` are the models that stand in for members who leave. `seconds` is how long members have to join, to
    bring a prompt and for each round.
    """

    players: int
    t2i: str
    i2t: str
    rounds: int | None = None
    seed: int = 0
    seconds: float = 600.0
    guild_id: int = NO_GUILD
    channel_id: int = 0
    starter_id: int = 0
    nsfw: bool = False


@dataclass(frozen=True, slots=True)
class Album:
    """One prompt's game. `chair` is that of the member who brought the prompt; `seat` is its step of this round."""

    chair: int
    game: Game
    seat: Seat | None = None

    def is_done(self, round_: int) -> bool:
        """Whether its step of a round is played, or its game has ended."""
        return self.game.state.is_final or len(self.game.steps) >= round_


@dataclass(frozen=True, slots=True)
class Party:
    """A party as it is stored. `number` counts from 1 within a server, `round` from 1, 0 before the first.

    `chairs` and `rounds` are fixed when the prompts are collected. `due_at` ends joining, and bringing prompts.
    `messages` has the ids of its posted messages by name. `run` counts from 0 how often it was started again.
    """

    id: str
    number: int
    request: PartyRequest
    state: PartyState
    created_at: datetime
    due_at: datetime | None = None
    run: int = 0
    round: int = 0
    chairs: int = 0
    rounds: int = 0
    guests: tuple[Guest, ...] = ()
    albums: tuple[Album, ...] = ()
    messages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    reason: str | None = None

    @property
    def going(self) -> tuple[Guest, ...]:
        """The members who have not left."""
        return tuple(guest for guest in self.guests if not guest.left)

    @property
    def card_id(self) -> int | None:
        return self.messages.get(PartyMessageKind.CARD)

    @property
    def thread_id(self) -> int | None:
        return self.messages.get(PartyMessageKind.THREAD)

    @property
    def brought(self) -> int:
        """How many of the members who have not left have brought a prompt."""
        return sum(guest.prompt is not None for guest in self.going)

    @property
    def done(self) -> int:
        """How many steps of this round are played or have ended with their album."""
        return sum(album.is_done(self.round) for album in self.albums)

    def has_late(self, moment: datetime) -> bool:
        """Whether a turn of this round is to be given to a model: late, of a member who left, or of a paused album."""
        here = {guest.member_id for guest in self.going}
        free = [(album.game, album.seat) for album in self.albums if album.seat and not album.seat.state.is_settled]
        return any(
            game.state is GameState.PAUSED or seat.deadline <= moment or seat.member_id not in here
            for game, seat in free
        )

    def next_due(self, moment: datetime) -> datetime | None:
        """When something is to be done about it next although nobody does anything; None where nothing is.

        That is the end of joining or of bringing prompts, a turn's deadline, or the reminder of who took one. A turn of
        a paused album gets its time again when half of it is over.
        """
        moments = [self.due_at] if self.due_at is not None else []
        for album in self.albums:
            if album.seat is None or album.seat.state.is_settled:
                continue
            held = album.game.state is GameState.PAUSED
            moments.append(album.seat.deadline - timedelta(seconds=self.request.seconds / 2 if held else 0))
            if album.seat.claim is not None:
                moments.append(album.seat.claim.half_at)
        return min((one for one in moments if one > moment), default=None)

    @property
    def waits_for_model(self) -> bool:
        """Whether a model is to play a step of this round that no workflow plays yet."""
        return any(
            album.seat is not None
            and album.seat.state is SeatState.STOOD_IN
            and album.game.state in (GameState.WAITING, GameState.QUEUED)
            and not album.is_done(self.round)
            for album in self.albums
        )

    def guest(self, member_id: int) -> Guest | None:
        """The guest that a member is; None for a member who has not joined."""
        return next((guest for guest in self.guests if guest.member_id == member_id), None)

    def album_of(self, member_id: int) -> Album | None:
        """The album whose step a member takes in this round, None before the first round and for others."""
        guest = self.guest(member_id)
        if guest is None or guest.chair is None or not self.round:
            return None
        chair = album_before(guest.chair, self.round, self.chairs, self.rounds)
        return next((album for album in self.albums if album.chair == chair), None)


def rounds_for(guests: int, asked: int | None = None) -> int:
    """How many rounds so many members play: as asked, or as many as there are members; always whole turns.

    A round is one step, so an even number of them ends every album with a caption.
    """
    most = guests if asked is None else min(guests, asked)
    return max(ROUNDS_MIN, most - most % 2)


def player_of(album: int, round_: int, chairs: int, rounds: int) -> int:
    """The chair of the member who takes an album's step in a round. Rounds count from 1, chairs from 0.

    Nobody meets an album twice. Where there are fewer rounds than chairs, nobody meets their own; where there are as
    many, everybody begins with the prompt they brought, and never sees it again.
    """
    return (album + round_ - (rounds >= chairs)) % chairs


def album_before(chair: int, round_: int, chairs: int, rounds: int) -> int:
    """The album whose step a chair takes in a round: the inverse of `player_of`."""
    return (chair - round_ + (rounds >= chairs)) % chairs


def key_of_round(round_: int) -> StepKey:
    """The step that is taken in a round."""
    return StepKey.at(round_ - 1)


@dataclass(frozen=True, slots=True)
class Award:
    """An award: the albums that share it, by their numbers from 1, and the distance it is given for."""

    albums: tuple[int, ...]
    distance: float


@dataclass(frozen=True, slots=True)
class Awards:
    """The awards of a party. Both are None where fewer than two albums were measured by the same embedder.

    `distances` has those of every caption, by album, None where the embedder cannot read it; `embedder` is the label of
    the embedder that measured them.
    """

    furthest: Award | None = None
    faithful: Award | None = None
    distances: Mapping[int, Sequence[float | None]] = field(default_factory=lambda: MappingProxyType({}))
    embedder: str = ""

    @property
    def all_tie(self) -> bool:
        """Whether all albums went equally far, so that there is nothing to award."""
        return self.furthest is not None and self.furthest == self.faithful


def awards(distances: Mapping[int, Sequence[float | None]], embedder: str = "") -> Awards:
    """The albums that end furthest from their prompt and nearest to it; distances equal to the decimals shown tie.

    `distances` are those of every caption from its album's prompt, in [0, 2]; an album without its last gets no award.
    """
    known = {album: tuple(far) for album, far in distances.items() if far}
    last = {album: far[-1] for album, far in known.items()}
    ends = {album: round(end, _SHOWN) for album, end in last.items() if end is not None}
    if len(ends) < 2:
        return Awards(distances=known, embedder=embedder)
    furthest, faithful = _award(ends, max(ends.values())), _award(ends, min(ends.values()))
    return Awards(furthest, faithful, known, embedder)


def _award(ends: Mapping[int, float], distance: float) -> Award:
    return Award(tuple(sorted(album for album, end in ends.items() if end == distance)), distance)
