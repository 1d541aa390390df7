"""Reading Replicate's predictions: what they cost, and whether one is the one that was asked for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from telephone.providers.base import ModelTable

ENDED: Final = ("succeeded", "failed", "canceled", "aborted")
_DAY: Final = 86_400


def cost_of(model: ModelTable, prediction: Any) -> float | None:
    """The cost of a prediction in US dollars, however it ended; None where the price is per call, or nothing is known.

    One that was aborted never ran and costs nothing. Any other costs the seconds it ran: as it reports them, or from
    its start to its end, or until now where it has not ended.
    """
    if getattr(prediction, "status", None) == "aborted":
        return 0.0
    seconds: object = getattr(getattr(prediction, "metrics", None), "predict_time", None)
    seconds = _ran(prediction) if seconds is None else seconds
    if not model.second_usd or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return seconds * model.second_usd if 0 <= seconds <= _DAY else None


def _ran(prediction: Any) -> float | None:
    """From the start to the end of a prediction, or until now, in seconds; None where it has not begun."""
    began, ended = getattr(prediction, "started_at", None), getattr(prediction, "completed_at", None)
    if not isinstance(began, datetime):
        return None
    last = ended if isinstance(ended, datetime) else datetime.now(UTC)
    return (last - began).total_seconds() if (last.tzinfo is None) == (began.tzinfo is None) else None


def is_of(model: ModelTable, made: Any) -> bool:
    """Whether a prediction was made by this model, in the version of its table."""
    name, _, version = model.ref.partition(":")
    return bool(made.version == version if version else made.model == name)


def holds(given: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether an input has all that we sent; the service may add what we did not."""
    return isinstance(given, Mapping) and all(key in given and given[key] == wanted[key] for key in wanted)
