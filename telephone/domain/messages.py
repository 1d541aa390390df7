"""The names of the messages of a game, a battle or a party.

`str` of each is stored with the message's id and journalled as a step's argument, and never changes; `parse` reads it,
and raises ValueError or BadInput for any other string.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from telephone.domain.games import StepKey

_INVITE: Final = "invite-"


class GameMessageKind(StrEnum):
    """What a message of a game shows."""

    CARD = "card"
    THREAD = "thread"
    OPENING = "opening"
    SUMMARY = "summary"
    STEP = "step"
    INVITATION = "invite"


_WHOLE_GAME: Final = {
    kind.value: kind for kind in GameMessageKind if kind not in (GameMessageKind.STEP, GameMessageKind.INVITATION)
}


@dataclass(frozen=True, slots=True)
class GameMessage:
    """One message of a game: `card`, `thread`, `opening`, `summary`, a step as in `3p`, its invitation `invite-3p`."""

    kind: GameMessageKind
    key: StepKey | None = None
    """Of a step or an invitation, and of nothing else."""

    @classmethod
    def step(cls, key: StepKey) -> Self:
        return cls(GameMessageKind.STEP, key)

    @classmethod
    def invitation(cls, key: StepKey) -> Self:
        return cls(GameMessageKind.INVITATION, key)

    @classmethod
    def parse(cls, what: str) -> Self:
        if what.startswith(_INVITE):
            return cls.invitation(StepKey.parse(what.removeprefix(_INVITE)))
        kind = _WHOLE_GAME.get(what)
        return cls.step(StepKey.parse(what)) if kind is None else cls(kind)

    def __str__(self) -> str:
        if self.key is None:
            return self.kind.value
        return str(self.key) if self.kind is GameMessageKind.STEP else f"{_INVITE}{self.key}"


class BattleMessageKind(StrEnum):
    """What a message of a battle shows."""

    CARD = "card"
    THREAD = "thread"
    OPENING = "opening"
    ROUND = "round"
    OUT = "out"
    BALLOT = "ballot"
    CALL = "call"
    VERDICT = "verdict"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class BattleMessage:
    """One message of a battle: `card`, `round-3` by its turn, `out-2` by a side's place, and so on.

    `verdict` is the last edit of the card, which shows the result.
    """

    kind: BattleMessageKind
    number: int | None = None

    @classmethod
    def round(cls, turn: int) -> Self:
        return cls(BattleMessageKind.ROUND, turn)

    @classmethod
    def out(cls, place: int) -> Self:
        return cls(BattleMessageKind.OUT, place)

    @classmethod
    def parse(cls, what: str) -> Self:
        kind, number = _parted(what)
        return cls(BattleMessageKind(kind), number)

    def __str__(self) -> str:
        return _joined(self.kind, self.number)


class PartyMessageKind(StrEnum):
    """What a message of a party shows."""

    CARD = "card"
    THREAD = "thread"
    PROMPTS = "prompts"
    ROUND = "round"
    ALBUM = "album"
    REPLAY = "replay"
    AWARDS = "awards"


@dataclass(frozen=True, slots=True)
class PartyMessage:
    """One message of a party: `card`, `thread`, `prompts`, `round-3`, `album-2` and `replay-2` by number, `awards`."""

    kind: PartyMessageKind
    number: int | None = None

    @classmethod
    def round(cls, number: int) -> Self:
        return cls(PartyMessageKind.ROUND, number)

    @classmethod
    def parse(cls, what: str) -> Self:
        kind, number = _parted(what)
        return cls(PartyMessageKind(kind), number)

    def __str__(self) -> str:
        return _joined(self.kind, self.number)


class RevealKind(StrEnum):
    """What happens at a point of a party's reveal."""

    ALBUM = "album"
    OPENING = "opening"
    STEP = "step"
    END = "end"
    REPLAY = "replay"


_WHOLE_ALBUM: Final = {kind.value: kind for kind in RevealKind if kind is not RevealKind.STEP}


@dataclass(frozen=True, slots=True)
class RevealPoint:
    """A point of a party's reveal, by the number of its album: `2/album`, `2/opening`, a step as in `2/1p`, `2/end`."""

    number: int
    kind: RevealKind
    key: StepKey | None = None
    """Of a step, and of nothing else."""

    @classmethod
    def parse(cls, line: str) -> Self:
        number, _, what = line.partition("/")
        kind = _WHOLE_ALBUM.get(what)
        if kind is None:
            return cls(int(number), RevealKind.STEP, StepKey.parse(what))
        return cls(int(number), kind)

    def __str__(self) -> str:
        return f"{self.number}/{self.kind.value if self.key is None else self.key}"


def _parted(what: str) -> tuple[str, int | None]:
    kind, dash, number = what.partition("-")
    return kind, int(number) if dash else None


def _joined(kind: StrEnum, number: int | None) -> str:
    return kind.value if number is None else f"{kind.value}-{number}"
