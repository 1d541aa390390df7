"""Limits of every call to an API: how long it may take, and how large its answer may be."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final

from telephone.errors import BadOutput

ANSWER_MAX: Final = 40 * 10**6
"""Largest answer of an API, in bytes: a picture of 25 MB in base64 and space for the other fields."""
CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 300.0
"""How long one answer may take, in seconds; drawing with the largest models takes two minutes."""

KEPT_OPEN: Final = 50
"""How many idle connections a client keeps. How many it opens is for the provider's limits alone to say."""


class Counted:
    """A response body that stops at ANSWER_MAX bytes. Mixed into the stream class of an HTTP library."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async with aclosing(aiter(self._inner)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > ANSWER_MAX:
                    raise too_large()
                yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def silence_logs(*names: str) -> None:
    """Silences the debug logs of HTTP libraries, which contain keys, prompts and pictures."""
    for name in names:
        logging.getLogger(name).setLevel(logging.WARNING)


def bounding(stream: type[Counted]) -> Callable[[Any], Awaitable[None]]:
    """A hook for an HTTP client, after which no body of an answer is read beyond ANSWER_MAX."""

    async def bound(answer: Any) -> None:
        answer.stream = stream(answer.stream)

    return bound


def too_large() -> BadOutput:
    return BadOutput("An answer far too large came back; please try again or choose another model.")
