"""What somebody has to do: a button is posted, and its press waited for, over a gateway of our own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import discord

from bot.live_check.rest import Rest
from bot.live_check.session import LiveCheck, Stopped
from telephone.domain.live_answers import Reply

GREEN: Final = 3
DEFERRED_UPDATE: Final = {"type": 6}
_READY_WITHIN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Pressed:
    """An interaction: a button that was pressed, or a form that was sent."""

    id: int
    token: str
    data: dict[str, Any]

    async def answer(self, rest: Rest, body: dict[str, Any]) -> Reply:
        """Acknowledges it."""
        return await rest.ask("POST", f"/interactions/{self.id}/{self.token}/callback", body)

    async def follow(self, rest: Rest, application: int, body: dict[str, Any]) -> Reply:
        """Posts a message with its token."""
        return await rest.ask("POST", f"/webhooks/{application}/{self.token}", body)

    async def edit(self, rest: Rest, application: int, body: dict[str, Any]) -> Reply:
        """Edits its answer."""
        return await rest.ask("PATCH", f"/webhooks/{application}/{self.token}/messages/@original", body)


class Listener(discord.AutoShardedClient):
    """A gateway that hears interactions and keeps those that are ours, by the id of their button or form."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), max_messages=None)
        self.prepared = asyncio.Event()
        self._heard: dict[str, asyncio.Future[Pressed]] = {}

    async def on_ready(self) -> None:
        self.prepared.set()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        data: dict[str, Any] = dict(interaction.data or {})
        heard = self._heard.get(str(data.get("custom_id")))
        if heard is not None and not heard.done():
            heard.set_result(Pressed(interaction.id, interaction.token, data))

    def expect(self, custom_id: str) -> asyncio.Future[Pressed]:
        """What will be heard of a button or a form."""
        return self._heard.setdefault(custom_id, asyncio.get_running_loop().create_future())


@asynccontextmanager
async def gateway(live: LiveCheck) -> AsyncIterator[Listener]:
    """A gateway of its own, ready. Raises Stopped where it does not get ready, which is written down."""
    listener = Listener()
    running = asyncio.create_task(listener.start(live.token), name="gateway")
    ready = asyncio.create_task(listener.prepared.wait(), name="ready")
    try:
        await asyncio.wait({running, ready}, timeout=_READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if not listener.prepared.is_set():
            failed = running.exception() if running.done() and not running.cancelled() else None
            live.tell("open the gateway", type(failed).__name__ if failed else "not ready in time")
            raise Stopped
        yield listener
    finally:
        ready.cancel()
        await listener.close()
        running.cancel()
        await asyncio.gather(running, ready, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Asker:
    """Posts buttons and waits for somebody to press them."""

    live: LiveCheck
    listener: Listener

    @classmethod
    @asynccontextmanager
    async def listening(cls, live: LiveCheck) -> AsyncIterator["Asker"]:
        """One that hears presses until the block ends."""
        async with gateway(live) as listener:
            yield cls(live, listener)

    async def button(self, words: str, label: str, channel: int | None = None) -> str:
        """Posts a button below these words; returns its id."""
        custom_id = f"live-check:{uuid4().hex}"
        self.listener.expect(custom_id)
        row = {"type": 1, "components": [{"type": 2, "style": GREEN, "label": label, "custom_id": custom_id}]}
        await self.live.needed("post a button", {"content": words, "components": [row]}, channel)
        self.live.say(words)
        return custom_id

    async def pressed(self, custom_id: str, waited_for: str) -> Pressed:
        """The press of that button or the form of that id. Raises Stopped where none comes, which is written down."""
        try:
            return await asyncio.wait_for(self.listener.expect(custom_id), self.live.options.patience)
        except TimeoutError:
            self.live.leave_out(waited_for, "nobody did in time; run again, or wait longer with --patience")
            raise Stopped from None

    async def done(self, words: str, label: str, waited_for: str) -> None:
        """Asks somebody to do something and to press a button then."""
        pressed = await self.pressed(await self.button(words, label), waited_for)
        await pressed.answer(self.live.rest, DEFERRED_UPDATE)
