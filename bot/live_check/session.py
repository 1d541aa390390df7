"""One run of the live check: it asks, writes down what was answered, and takes away what it posted."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import discord

from bot.live_check.rest import Rest
from bot.live_check.state import Later, State
from bot.ui.posts import Attachment
from telephone.domain.live_answers import LEFT_OUT, LiveAnswer, Reply

ARCHIVE_MINUTES: Final = 60
V2: Final = 1 << 15
T = TypeVar("T")
_FINISH_WITHIN: Final = 10.0
QUIET: Final = {"parse": list[str]()}
"""Nobody is mentioned."""


class Stopped(Exception):
    """A check cannot go on, since what it needs was not posted; the rows so far say why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator chose. `long`: also what takes minutes or a later run. `people`: also what somebody has to do.

    `age_restricted` and `left` are channels: an age-restricted one, and one of a server that the bot was removed from
    while it was offline. `patience` is how long somebody is waited for, in seconds.
    """

    long: bool = False
    people: bool = False
    age_restricted: int | None = None
    left: int | None = None
    patience: float = 600.0
    nonce_after: tuple[float, ...] = (60.0, 180.0, 300.0, 600.0)
    token_after: tuple[float, ...] = (870.0, 930.0)


@dataclass
class LiveCheck:
    """What the checks share. `client` is logged in and has no gateway: our own delivery code speaks through it.

    `say` prints a line for the operator; `uploaded` counts the bytes that the client has sent.
    """

    rest: Rest
    client: discord.Client
    token: str = field(repr=False)
    channel: int
    guild: int
    options: Options
    state: State
    say: Callable[[str], None]
    uploaded: Callable[[], int]
    rows: list[LiveAnswer] = field(default_factory=list)
    part: str = ""

    @property
    def me(self) -> int:
        """The bot's own id."""
        return self.client.user.id if self.client.user is not None else 0

    @property
    def since(self) -> datetime:
        return datetime.now(UTC)

    # Writing down ----------------------------------------------------------------------------

    def note(self, asked: str, reply: Reply, **facts: Any) -> Reply:
        """Writes down an answer with these parts of it."""
        if reply.code is not None:
            facts |= {"errors": list(_errors(reply.get("errors")))} if reply.get("errors") else {}
            facts |= {"message": reply.get("message")} if reply.code == 0 else {}
        if reply.waited:
            facts["429s before"] = reply.waited
        self.rows.append(LiveAnswer(self.part, asked, reply.status, reply.code, facts))
        return reply

    def tell(self, asked: str, status: str, code: int | str | None = None, **facts: Any) -> None:
        """Writes down what our own code did."""
        self.rows.append(LiveAnswer(self.part, asked, status, code, facts))

    def stopped(self, asked: str, error: Exception) -> None:
        """Writes down what stopped our own code: Discord's answer to it, else the class of the error."""
        if isinstance(error, discord.HTTPException):
            self.tell(asked, f"stopped: {error.status}", error.code)
        else:
            self.tell(asked, f"stopped: {type(error).__name__}")

    def leave_out(self, asked: str, to_do: str) -> None:
        """Writes down what was not asked, and what to do so that it is."""
        self.rows.append(LiveAnswer(self.part, asked, LEFT_OUT, None, {"to do": to_do}))

    # Asking ----------------------------------------------------------------------------------

    async def ask(self, asked: str, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        """One request, written down with its status and code."""
        return self.note(asked, await self.rest.ask(method, path, body, **options))

    async def send(self, body: dict[str, Any], channel: int | None = None, files: Sequence[Attachment] = ()) -> Reply:
        """Posts a message, remembered so that it is taken away; not written down."""
        channel = self.channel if channel is None else channel
        body = {"allowed_mentions": QUIET, **body}
        if files and "attachments" not in body:
            body["attachments"] = named(files)
        path = f"/channels/{channel}/messages"
        return await self.finished(
            self.rest.ask("POST", path, body, files), lambda reply: self.remember(channel, reply.id)
        )

    async def needed(
        self,
        asked: str,
        body: dict[str, Any],
        channel: int | None = None,
        files: Sequence[Attachment] = (),
    ) -> Reply:
        """Posts a message without which a check makes no sense; a refusal is written down and ends the check."""
        reply = await self.send(body, channel, files)
        if not reply.id:
            self.note(asked, reply)
            raise Stopped
        return reply

    async def thread(self, name: str) -> int:
        """A new thread on a new message. Raises Stopped where it is refused, which is written down."""
        card = await self.needed("post a message to open a thread on", {"content": f"live-check: {name}"})
        reply = await self.open_thread(card.id, name)
        if not reply.id:
            self.note("open a thread on our message", reply)
            raise Stopped
        return reply.id

    async def open_thread(self, message: int, name: str, channel: int | None = None) -> Reply:
        """Opens a thread on a message, remembered so that it is taken away; not written down."""
        channel = self.channel if channel is None else channel
        path = f"/channels/{channel}/messages/{message}/threads"
        body = {"name": name, "auto_archive_duration": ARCHIVE_MINUTES}
        return await self.finished(
            self.rest.ask("POST", path, body), lambda reply: self._remember_thread(channel, reply.id)
        )

    async def finished(self, work: Awaitable[T], then: Callable[[T], None]) -> T:
        """What `work` returns, after `then` was told; both happen although the check is interrupted meanwhile.

        So no message stands that is not remembered.
        """

        async def whole() -> T:
            done = await work
            then(done)
            return done

        task = asyncio.ensure_future(whole())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=_FINISH_WITHIN)
            task.cancel()
            raise

    def _remember_thread(self, channel: int, thread: int) -> None:
        if thread:
            self.state.threads.append((channel, thread))
            self.state.save()

    def remember(self, channel: int, message: int) -> None:
        """A message that has to be taken away at the end."""
        if message and (channel, message) not in self.state.messages:
            self.state.messages.append((channel, message))
            self.state.save()

    def keep(self, what: str, reply: Reply, address: str = "") -> None:
        """Leaves a message for a later run."""
        self.state.messages = [pair for pair in self.state.messages if pair[1] != reply.id]
        self.state.later.append(Later(what, time.time(), self.channel, reply.id, address))
        self.state.save()


def _errors(errors: Any, path: str = "") -> Iterator[str]:
    """The errors of a form that Discord refuses: `content: BASE_TYPE_MAX_LENGTH`."""
    if not isinstance(errors, dict):
        return
    for error in errors.get("_errors", ()):
        yield f"{path}: {error.get('code')}"
    for key, inner in errors.items():
        if key != "_errors":
            yield from _errors(inner, f"{path}.{key}".removeprefix("."))


def named(files: Sequence[Attachment]) -> list[dict[str, Any]]:
    """The `attachments` of a message that brings these files."""
    alts = [{} if file.alt is None else {"description": file.alt} for file in files]
    return [{"id": str(n), "filename": file.name, **alts[n]} for n, file in enumerate(files)]
