"""Publishing: posts a message once however often it is tried, and keeps a failed edit from stopping a game."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from telephone.domain.ownership import ensure_it_may, once_it_may
from telephone.engine.outages import is_outage
from telephone.errors import StageGone, TelephoneError, TimedOut, Unavailable
from telephone.ports.posting import Posting, nonce
from telephone.retry import with_patience
from telephone.store.game_posts import StoredPost
from telephone.store.posts import Messages

DEADLINE: Final = 900.0
"""How long one post may be tried again, in seconds."""
SILENT: Final = "Discord did not answer for a quarter of an hour, so I paused; press Continue to play on."
LIMITED: Final = "{why}, now for a quarter of an hour, so I paused; press Continue to play on."
T = TypeVar("T")
_log = structlog.get_logger()


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Calls a presenter and retries until DEADLINE. Then raises StageGone: a game pauses, and nothing paid is lost.

    It calls only while the other processes take this one for alive.
    """

    async def attempt() -> T:
        ensure_it_may()
        return await call()

    try:
        return await once_it_may(lambda: with_patience(attempt, deadline=DEADLINE, who="This place"))
    except TimedOut as late:
        why = late.__cause__.why if isinstance(late.__cause__, Unavailable) else ""
        raise StageGone(LIMITED.format(why=why) if why else SILENT, "silent") from None


async def post_once(
    posts: Messages,
    owner_id: str,
    what: str,
    send: Callable[[Posting], Awaitable[int]],
    *,
    scope: Callable[[StoredPost], str],
    book: Callable[[int], Awaitable[None]] | None = None,
) -> int:
    """Sends one message of an owner and stores its id, unless that is done; returns the id. Raises StageGone.

    The nonce is made of the owner and `scope`: the same message, posted again in another place, needs another nonce.
    `book` stores more about the message before it counts as posted.
    """
    post = await posts.begin(owner_id, what)
    if post.message_id is not None:
        return post.message_id
    message_id = await send_begun(owner_id, post, send, scope(post))
    if book is not None:
        await book(message_id)
    await posts.done(owner_id, what, message_id)
    return message_id


async def send_begun(owner_id: str, post: StoredPost, send: Callable[[Posting], Awaitable[int]], scope: str) -> int:
    """The id of a message that is stored as begun: sends it, unless it is stored as sent. Raises StageGone."""
    if post.message_id is not None:
        return post.message_id
    posting = Posting(nonce(owner_id, scope), post.began_at, post.again)
    return await patiently(lambda: send(posting))


async def each(*edits: Callable[[], Awaitable[object]]) -> None:
    """Makes edits that belong together, each whatever became of those before; then raises the first error.

    That what an edit was to change is gone is no error: nothing of it can be seen.
    """
    errors: list[Exception] = []
    for edit in edits:
        try:
            await edit()
        except StageGone as error:
            errors += [] if error.gone else [error]
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]


async def without_stopping(work: Awaitable[object], what: str, *, level: int = logging.WARNING, **owner: str) -> None:
    """Awaits work that shows something, and logs a failure with `owner` instead of raising; a bug with traceback."""
    try:
        await work
    except TelephoneError as error:
        _log.log(level, "not shown", what=what, error=type(error).__name__, **owner)
    except Exception as error:
        if is_outage(error):
            _log.log(level, "not shown", what=what, error=type(error).__name__, **owner)
        else:
            _log.exception("showing broke, all goes on", what=what, **owner)
