"""How a durable step ended: a typed value for workflows, and the JSON under which the journal keeps it.

Steps return failures to their workflow as such values. The JSON of an outcome never changes: a replayed workflow reads
outcomes that an earlier version journalled.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, ParamSpec, TypeAlias

import structlog

from telephone.domain import refusals as domain_refusals
from telephone.engine.outages import is_outage
from telephone.errors import (
    BadOutput,
    CutOff,
    Misconfigured,
    Overdrawn,
    RateLimited,
    Refused,
    StageGone,
    TelephoneError,
    TimedOut,
    Unavailable,
)

P = ParamSpec("P")
Journalled: TypeAlias = dict[str, Any]
"""An outcome as the journal keeps it."""
BROKEN: Final = "Something broke on our side, so this game ended; the operator can read why in the log."
KINDS: Final[Mapping[str, type[TelephoneError]]] = {
    "StageGone": StageGone,
    "Refused": Refused,
    "BadOutput": BadOutput,
    "Unavailable": Unavailable,
    "RateLimited": RateLimited,
    "TimedOut": TimedOut,
    "Misconfigured": Misconfigured,
    "Overdrawn": Overdrawn,
    "CutOff": CutOff,
}
"""The errors that workflows tell apart, by their names in the journal, which outlive a renaming of the classes."""
_NAMES: Final = {kind: name for name, kind in KINDS.items()}
_log = structlog.get_logger()


class Halted(Exception):
    """The game, battle or party of a step was stopped, paused or restarted meanwhile."""


@dataclass(frozen=True, slots=True)
class Done:
    """The step did its work."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A player was asked, which took `ms` milliseconds; the answer is to be collected."""

    ms: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A step was played and posted as this message; None where it is not shown, or not yet."""

    message_id: int | None


@dataclass(frozen=True, slots=True)
class Out:
    """A round is played; it put the sides at these places out of the battle."""

    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Waits:
    """The game waits for a member."""


@dataclass(frozen=True, slots=True)
class Halt:
    """This run must not go on: it was stopped or paused, or a newer run took its place."""


@dataclass(frozen=True, slots=True)
class Void:
    """The battle cannot have a result."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The step failed; `name` is the error's name in the journal, `sentence` is for players."""

    name: str
    sentence: str

    @property
    def kind(self) -> type[TelephoneError] | None:
        """The class of the error, None for an error that is not in KINDS."""
        return KINDS.get(self.name)


HeldUp: TypeAlias = Waits | Halt | Void | Failed
"""The outcomes after which a workflow does not go on."""
Outcome: TypeAlias = Done | Submitted | Shown | Out | HeldUp


def write(outcome: Outcome) -> Journalled:
    """The JSON of an outcome."""
    match outcome:
        case Done():
            return {}
        case Submitted(ms):
            return {"ms": ms}
        case Shown(message_id):
            return {"shown": message_id}
        case Out(places):
            return {"out": list(places)}
        case Waits():
            return {"waits": True}
        case Halt():
            return {"halt": True}
        case Void(reason):
            return {"void": reason}
        case Failed(name, sentence):
            return {"error": name, "sentence": sentence}


def read(value: Journalled) -> Outcome:
    """The outcome in journalled JSON of this version or an earlier one. Raises ValueError for any other JSON."""
    match value:
        case {"ms": int(ms)}:
            return Submitted(ms)
        case {"shown": int() | None as message_id}:
            return Shown(message_id)
        case {"out": [*places]}:
            return Out(tuple(places))
        case {"waits": True}:
            return Waits()
        case {"halt": True}:
            return Halt()
        case {"void": str(reason)}:
            return Void(reason)
        case {"error": str(name), "sentence": str(sentence)}:
            return Failed(name, sentence)
    if value:
        raise ValueError(f"no outcome of a step: {sorted(value)}")
    return Done()


def held_up(value: Journalled) -> HeldUp | None:
    """The outcome, if it keeps the workflow from going on; None if the workflow goes on."""
    outcome = read(value)
    return None if isinstance(outcome, Done | Submitted | Shown | Out) else outcome


async def outcome_of(work: Awaitable[Outcome | None]) -> Outcome:
    """The outcome of `work`; Done if it returns None. An exception that is no TelephoneError is logged and becomes a
    Failed with the sentence BROKEN, except for an outage, which is raised: it is no outcome."""
    try:
        return await work or Done()
    except Halted:
        return Halt()
    except Exception as error:
        if is_outage(error):
            raise
        return _failed(error)


def _failed(error: Exception) -> Failed:
    if isinstance(error, TelephoneError):
        if isinstance(error, BadOutput | Misconfigured) and error.detail:
            _log.warning("a step failed", error=_name_of(error), detail=error.detail)
        return Failed(_name_of(error), error.sentence)
    _log.error("a step broke", exc_info=error)
    return Failed(type(error).__name__, BROKEN)


def _name_of(error: TelephoneError) -> str:
    """The name of an error in the journal; a refusal of telephone.domain.refusals goes by its base class."""
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ != domain_refusals.__name__)
    return _NAMES.get(kind, kind.__name__)


def journalled(
    step: Callable[P, Coroutine[Any, Any, Outcome | None]],
) -> Callable[P, Coroutine[Any, Any, Journalled]]:
    """Wraps a step so that it returns the JSON of its outcome and raises nothing but outages."""

    @wraps(step)
    async def wrapped(*args: P.args, **kwargs: P.kwargs) -> Journalled:
        return write(await outcome_of(step(*args, **kwargs)))

    return wrapped
