"""People: what a member does in the client, and what comes back for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from simcord import actors
from simcord.actors import MemberActor
from simcord.backend.errors import SetupError
from simcord.components import walk_components
from simcord.results import InteractionResult, ResponseMessage

from tests.standin.records import Message, message_of

if TYPE_CHECKING:
    from tests.standin.world import World

LABEL = 18


class Unanswered(AssertionError):
    """The bot did not acknowledge an interaction in time: the member reads "The application did not respond"."""


class Interaction:
    """What a member set off; it fills as the bot answers."""

    def __init__(self, world: World, result: InteractionResult, asked: float) -> None:
        self._world, self._result, self._asked = world, result, asked

    @property
    def id(self) -> int:
        return self._result._interaction.id

    @property
    def acknowledged(self) -> bool:
        """Whether the bot has answered at all."""
        return self._result.acknowledged

    @property
    def took(self) -> float | None:
        """Seconds from the member's act to the acknowledgement, None before it."""
        at = self._world.acknowledged_at.get(self.id)
        return None if at is None else at - self._asked

    @property
    def kind(self) -> str | None:
        """message, deferred, deferred_update, update, modal or autocomplete; None before the answer."""
        kind = self._result._interaction.response_kind
        return None if kind is None else kind.value

    @property
    def ephemeral(self) -> bool:
        """Whether only the member sees the answer."""
        return self._result.ephemeral

    @property
    def modal(self) -> dict[str, Any] | None:
        """The form that was opened: title, custom_id, components."""
        return self._result.modal

    @property
    def choices(self) -> list[dict[str, Any]]:
        """What autocomplete offered: name and value."""
        return self._result.autocomplete_choices or []

    @property
    def response(self) -> Message | None:
        """The answer as it stands now (`loading` while the bot is thinking), None without one."""
        return self._value(self._result.response)

    @property
    def followups(self) -> list[Message]:
        """The follow-ups as they stand now, oldest first."""
        return [message for message in map(self._value, self._result.followups) if message is not None]

    def _value(self, response: ResponseMessage | None) -> Message | None:
        if response is None:
            return None
        stored = self._world.backend.get_message(response.channel_id, response.id)
        return message_of(self._world.backend, stored, None)


class Member:
    """A person on one server. What the client would not let them do raises simcord's SetupError."""

    def __init__(self, world: World, actor: MemberActor, story: Callable[[], str], patience: float) -> None:
        self._world, self._actor, self._story, self._patience = world, actor, story, patience

    @property
    def id(self) -> int:
        return self._actor.id

    @property
    def name(self) -> str:
        return self._actor.name

    @property
    def mention(self) -> str:
        return self._actor.mention

    def commands(self, channel: Any) -> tuple[str, ...]:
        """The slash commands that are offered to this member in a channel."""
        return self._actor.available_commands(self._world.handle(channel))

    async def send(
        self,
        channel: Any,
        content: str = "",
        *,
        reply_to: Message | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Message:
        """Post a message, with files as (name, bytes)."""
        handle = self._world.handle(channel)
        self._actor._check(handle, "send_messages_in_threads" if handle.is_thread else "send_messages")
        backend = self._world.backend
        reference = None
        if reply_to is not None:
            wanted = {"channel_id": str(reply_to.channel_id), "message_id": str(reply_to.id)}
            reference = backend.normalize_message_reference(handle.id, wanted)
        attachments = backend.store_attachments(handle.id, files)
        stored = backend.create_message(handle.id, self.id, content, reference=reference, attachments=attachments)
        return message_of(backend, stored, None)

    async def slash(self, channel: Any, name: str, *, wait: bool = True, **options: Any) -> Interaction:
        """Use a slash command ("telephone start"); files as (name, bytes). Waits for the acknowledgement."""
        handle = self._world.handle(channel)
        options = {key: getattr(value, "_actor", value) for key, value in options.items()}
        return await self._act(self._actor.slash(handle, name, **options), wait)

    async def autocomplete(
        self, channel: Any, name: str, option: str, typed: str, **filled: Any
    ) -> list[dict[str, Any]]:
        """Type into an option; the choices that the bot offers."""
        handle = self._world.handle(channel)
        asked = await self._act(actors._autocomplete_result(self._actor, handle, name, option, typed, filled), True)
        return asked.choices

    async def menu(self, message: Message, name: str, *, wait: bool = True) -> Interaction:
        """Choose a command from the context menu of a message."""
        handle = self._world.handle(message.channel_id)
        return await self._act(self._actor.context_menu(handle, name, self._on(message)), wait)

    async def click(
        self, message: Message, *, label: str | None = None, custom_id: str | None = None, wait: bool = True
    ) -> Interaction:
        """Press the one button with this label or custom_id."""
        return await self._act(self._actor.click(self._on(message), label=label, custom_id=custom_id), wait)

    async def select(
        self, message: Message, values: Sequence[Any], *, custom_id: str | None = None, wait: bool = True
    ) -> Interaction:
        """Choose values in a select menu."""
        chosen = [getattr(value, "_actor", value) for value in values]
        return await self._act(self._actor.select(self._on(message), chosen, custom_id=custom_id), wait)

    async def submit(self, shown: Interaction, values: dict[str, Any], *, wait: bool = True) -> Interaction:
        """Fill in and send the form that an interaction opened.

        Keys are labels or custom_ids; values are text, chosen values, or a list of (name, bytes) for files.
        """
        if shown.modal is None:
            raise SetupError("that interaction opened no form")
        ids = {
            part["label"]: part["component"]["custom_id"]
            for part in walk_components(shown.modal["components"])
            if part["type"] == LABEL and "custom_id" in part["component"]
        }
        filled = {ids.get(key, key): value for key, value in values.items()}
        return await self._act(self._actor.submit_modal(shown._result, filled), wait)

    def _on(self, message: Message) -> ResponseMessage:
        backend = self._world.backend
        return ResponseMessage(self._world, backend.get_message(message.channel_id, message.id))

    async def _act(self, verb: Coroutine[Any, Any, InteractionResult], wait: bool) -> Interaction:
        asked = time.monotonic()
        interaction = Interaction(self._world, await verb, asked)
        while wait and not interaction.acknowledged:
            if time.monotonic() - asked > self._patience:
                raise Unanswered(f"{self.name} got no answer within {self._patience:g} s\n{self._story()}")
            await asyncio.sleep(0.01)
        return interaction
