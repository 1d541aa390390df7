"""Translates Discord's errors: the channel or thread is gone, a retry will help, or we have a bug."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import discord

from telephone.errors import Refused, StageGone, Unavailable

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
TOO_OLD_TO_EDIT: Final = 30046
TOO_LARGE: Final = 40005
ARCHIVED: Final = 50083
THREAD_EXISTS: Final = 160004
MODERATED: Final = frozenset({20009, 200000, 200001})
"""Codes for explicit content and for messages that the server's AutoMod stopped."""

NO_ACCESS: Final = "I may not open threads here yet; please ask an admin to run /telephone-admin check."

_GONE: Final[dict[tuple[str, int], tuple[str, str]]] = {
    ("channel", UNKNOWN_CHANNEL): ("channel", "The channel was deleted, so I paused at turn {turn}."),
    ("channel", UNKNOWN_MESSAGE): (
        "channel",
        "The card was deleted, so I paused at turn {turn}; start the game again in any channel.",
    ),
    ("channel", 50001): ("permission", NO_ACCESS),
    ("channel", 50013): ("permission", NO_ACCESS),
    ("channel", 160006): (
        "channel",
        "This server has as many open threads as Discord allows, so I paused at turn {turn}; "
        "archive one and press Continue.",
    ),
    ("thread", UNKNOWN_CHANNEL): (
        "thread",
        "The thread was deleted, so I paused at turn {turn}; press Continue for a new one.",
    ),
    ("thread", 50001): (
        "permission",
        "I can no longer see the thread, so I paused at turn {turn}; "
        "an admin can run /telephone-admin check, then press Continue.",
    ),
    ("thread", 50013): (
        "permission",
        "I may not post in the thread, so I paused at turn {turn}; "
        "an admin can run /telephone-admin check, then press Continue.",
    ),
    ("thread", 50083): ("thread", "The thread was archived, so I paused at turn {turn}; reopen it and press Continue."),
    ("thread", 160005): ("thread", "The thread was locked, so I paused at turn {turn}; unlock it and press Continue."),
}


@contextmanager
def told(turn: int, where: str) -> Iterator[None]:
    """Turns Discord's errors into StageGone, Refused or Unavailable; `where` is "channel" or "thread".

    `turn` is named in the sentence for players. An error that neither the place nor the network explains is a bug of
    ours and passes unchanged.
    """
    try:
        yield
    except discord.HTTPException as error:
        known = _GONE.get((where, error.code))
        if known is not None:
            what, sentence = known
            raise StageGone(sentence.format(turn=turn), what) from error
        if error.code in MODERATED:
            raise Refused("This server's own moderation stopped a message of this game.", str(error.code)) from error
        if error.status >= 500 or error.status == 429:
            raise _no_answer() from error
        raise
    except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
        raise _no_answer() from error


def _no_answer() -> Unavailable:
    return Unavailable("Discord did not answer; I will try again in a moment.")
