"""The settings of a server: one declared row for each, from which storage, checks, command option and words follow.

A setting is stored under its name, checked against its limits, offered as an option of its command and shown in the
answer of that command. The oldest settings have a column each; all others share one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar, overload

from telephone.domain.games import TURNS_MAX
from telephone.errors import BadInput

NsfwPolicy = Literal["block", "age-restricted-only"]
"""Where a server allows adult content: nowhere, or in channels that Discord shows to adults only."""
AGE_MAX: Final = 365
Value = TypeVar("Value", bound=bool | int | str)


@dataclass(eq=False)
class Setting(Generic[Value]):
    """One setting; its type is that of `default`.

    `limits` are the least and the most of a number, `choices` all values of a text. `command` is the command of admins
    that offers it, under the name `option` with the description `help`; None for a setting that has a command of its
    own. A length of time is stored in seconds; with `in_minutes` its limits are minutes, and so is what is typed.

    `words` describe the setting, with {} for the value, and `words_for` replaces them for single values. Settings with
    the same `sentence` are described on one line, one after the other, all others on a line each.
    """

    default: Value
    help: str = ""
    limits: tuple[int, int] | None = None
    choices: tuple[Value, ...] = ()
    command: str | None = None
    option: str = ""
    in_minutes: bool = False
    words: str = "{}"
    words_for: Mapping[Value, str] = field(default_factory=dict)
    sentence: str = ""
    name: str = field(default="", init=False)

    def __set_name__(self, owner: "type[ServerSettings]", name: str) -> None:
        self.name = name
        self.option = self.option or name
        self.sentence = self.sentence or name

    @overload
    def __get__(self, settings: None, owner: "type[ServerSettings]") -> "Setting[Value]": ...
    @overload
    def __get__(self, settings: "ServerSettings", owner: "type[ServerSettings]") -> Value: ...
    def __get__(self, settings: "ServerSettings | None", owner: "type[ServerSettings]") -> "Setting[Value] | Value":
        return self if settings is None else settings.values.get(self.name, self.default)

    def stored(self, typed: Any) -> Any:
        """The value to store for a typed one."""
        return 60 * typed if self.in_minutes else typed

    def check(self, value: object) -> None:
        """Raises BadInput for a stored value that is not allowed.

        A time may be shorter than its least limit, which holds for typed values alone, so that tests need not wait for
        minutes.
        """
        what = self.option.replace("_", " ")
        if type(value) is not type(self.default):
            raise BadInput(f"What you chose for {what} is of another kind; please look at its description.")
        if self.choices and value not in self.choices:
            raise BadInput(f"Please choose one of these for {what}: {', '.join(map(str, self.choices))}.")
        if self.limits is not None and isinstance(value, int):
            least, most = self.limits
            if not (0 if self.in_minutes else least) <= value <= self.stored(most):
                raise BadInput(f"Please choose a number from {least} to {most} for {what}.")

    def say(self, value: Value, span: Callable[[float], str]) -> str:
        """The setting in words; `span` formats a length of time in seconds."""
        said = span(value) if self.in_minutes and isinstance(value, int) else str(value)
        return self.words_for.get(value) or self.words.format(said)


class ServerSettings:
    """The settings of one server: one row for each, read as an attribute.

    A member who takes a turn has `claim_seconds` for it, and a model stands in where nobody has taken it for
    `seat_seconds`. Votes of accounts younger than `voter_days` days when their battle began are flagged.
    """

    __slots__ = ("guild_id", "values")

    max_turns = Setting(
        TURNS_MAX,
        "The most turns one game may have",
        limits=(1, TURNS_MAX),
        command="limits",
        words="On this server a game has at most {} turns,",
        sentence="games",
    )
    claim_seconds = Setting(
        600,
        "How long a member may take for a turn",
        limits=(3, 60),
        command="limits",
        option="claim_minutes",
        in_minutes=True,
        words="A member who takes a turn has {} for it;",
        sentence="turns",
    )
    seat_seconds = Setting(
        3_600,
        "How long a turn waits for a member before a model stands in",
        limits=(10, 1_440),
        command="limits",
        option="seat_minutes",
        in_minutes=True,
        words="where nobody takes it for {}, a model stands in.",
        sentence="turns",
    )
    parallel = Setting(
        2,
        "How many games may play at once; others wait in line",
        limits=(1, 10),
        command="limits",
        words="and {} games play at once; others wait in line.",
        words_for={1: "and 1 game plays at once; others wait in line."},
        sentence="games",
    )
    nsfw = Setting[NsfwPolicy](
        "block",
        choices=("block", "age-restricted-only"),
        words_for={
            "block": "Adult content is blocked on this server, in every channel; games that run heed it at once.",
            "age-restricted-only": "Adult content may be played in age-restricted channels, in games that start from "
            "now on, and nowhere else.",
        },
    )
    paused = Setting(False)
    voter_days = Setting(7, limits=(0, AGE_MAX))

    def __init__(self, guild_id: int, **values: Any) -> None:
        self.guild_id = guild_id
        self.values: Mapping[str, Any] = {name: value for name, value in values.items() if value is not None}

    def changed(self, **values: Any) -> "ServerSettings":
        """A copy with the given values; None goes back to the default."""
        return ServerSettings(self.guild_id, **{**self.values, **values})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServerSettings):
            return NotImplemented
        return self.guild_id == other.guild_id and all(
            getattr(self, name) == getattr(other, name) for name in declared()
        )

    def __hash__(self) -> int:
        return hash(self.guild_id)

    def __repr__(self) -> str:
        return (
            f"ServerSettings({self.guild_id}, {', '.join(f'{name}={value!r}' for name, value in self.values.items())})"
        )


def declared() -> dict[str, Setting[Any]]:
    """Every setting by its name, in the order of the rows."""
    return {name: row for name, row in vars(ServerSettings).items() if isinstance(row, Setting)}


def offered(command: str) -> list[Setting[Any]]:
    """The settings that a command of admins offers, in the order of its options."""
    return [row for row in declared().values() if row.command == command]


def said(settings: ServerSettings, command: str, span: Callable[[float], str]) -> list[str]:
    """The settings that a command offers, in words, line by line."""
    lines: dict[str, list[str]] = {}
    for row in offered(command):
        lines.setdefault(row.sentence, []).append(row.say(getattr(settings, row.name), span))
    return [" ".join(parts) for parts in lines.values()]
