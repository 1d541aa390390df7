"""Translates Discord's errors: a refusal of the place, a fault that passes, or a bug of ours."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import aiohttp
import discord

from bot.delivery import refusals
from bot.delivery.refusals import ARCHIVED, THREAD_EXISTS, TOO_LARGE, TOO_OLD_TO_EDIT, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from telephone.errors import Refused, StageGone, Unavailable

__all__ = [
    "ARCHIVED",
    "NO_ACCESS",
    "THREAD_EXISTS",
    "TOO_LARGE",
    "TOO_OLD_TO_EDIT",
    "UNKNOWN_CHANNEL",
    "UNKNOWN_MESSAGE",
    "refused",
    "told",
    "too_large",
]

NO_ACCESS: Final = "I may not open threads here yet; please ask an admin to run /telephone-admin check."
_MODERATED: Final = "This server's own moderation stopped a message of this game."

_IN: Final[Mapping[tuple[str, int], tuple[str, str]]] = {
    ("channel", UNKNOWN_CHANNEL): ("channel", "The channel was deleted, so I paused at turn {turn}."),
    ("channel", UNKNOWN_MESSAGE): (
        "channel",
        "The card was deleted, so I paused at turn {turn}; start the game again in any channel.",
    ),
    ("channel", 50001): ("permission", NO_ACCESS),
    ("channel", 50013): ("permission", NO_ACCESS),
    ("thread", UNKNOWN_CHANNEL): (
        "thread",
        "The thread was deleted, so I paused at turn {turn}; press Continue for a new one.",
    ),
}
"""Sentences that fit one place better than those of the table."""


@contextmanager
def told(turn: int, where: str) -> Iterator[None]:
    """Turns Discord's errors into StageGone, Refused or Unavailable; `where` is "channel" or "thread".

    `turn` is named in the sentence for players. A request that was malformed is a bug of ours, and its error passes
    unchanged.
    """
    try:
        yield
    except discord.HTTPException as error:
        if error.code in refusals.OURS:
            raise
        raise refused(error, turn, where) from error
    except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
        raise _no_answer() from error


def refused(error: discord.HTTPException, turn: int, where: str) -> StageGone | Refused | Unavailable:
    """What an error of Discord's means, other than that our request was malformed."""
    if error.code in refusals.MODERATED:
        return Refused(_MODERATED, str(error.code))
    if error.code in refusals.PASSING:
        why = refusals.PASSING[error.code]
        return Unavailable(f"{why}; I will try again in a moment.", why)
    if error.status >= 500 or error.status == 429:
        return _no_answer()
    refusal = refusals.PLACE.get(error.code) or refusals.unknown(error.code)
    if too_large(error):
        refusal = refusals.PLACE[TOO_LARGE]
    what, sentence = _IN.get((where, error.code), (refusal.what, refusal.sentence(turn, where)))
    return StageGone(sentence.format(turn=turn), what, gone=refusal.gone)


def too_large(error: discord.HTTPException) -> bool:
    """Whether a file, or the whole request, was too large."""
    return error.status == 413 or error.code in (TOO_LARGE, 50045)


def _no_answer() -> Unavailable:
    return Unavailable("Discord did not answer; I will try again in a moment.")
