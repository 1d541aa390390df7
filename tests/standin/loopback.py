"""The stand-in itself: the world, its three services on one port, and the bots that play in it."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import discord
from aiohttp import web
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle, UserHandle
from simcord.enums import ChannelType

from tests.limits import LIMIT
from tests.standin.channels import MEDIA, REQUIRE_TAG
from tests.standin.faults import Faults
from tests.standin.gateway import Gateway
from tests.standin.limits import Limits
from tests.standin.members import Member
from tests.standin.process import BotProcess, environment
from tests.standin.records import POSTED_TYPES, Message, Sent, Thread, message_of, thread_of
from tests.standin.rest import Rest, application
from tests.standin.spec import Spec
from tests.standin.story import tell
from tests.standin.world import World

Found = TypeVar("Found")


class Guild:
    """A server. simcord's handle is `handle`, for what is not offered here."""

    def __init__(self, standin: Standin, handle: GuildHandle) -> None:
        self._standin, self.handle = standin, handle

    @property
    def id(self) -> int:
        return self.handle.id

    def channel(self, name: str) -> ChannelHandle:
        """The channel of that name."""
        return self.handle.channels[name]

    def member(self, name: str) -> Member:
        """The member of that name."""
        world = self._standin.world
        [user] = [world.backend.users[one] for one in self.handle.member_ids() if world.backend.users[one].name == name]
        actor = MemberActor(world, self.handle, UserHandle(world, user))
        return Member(world, actor, self._standin.story, self._standin.patience)

    def create_text_channel(
        self, name: str, *, bot_may: discord.PermissionOverwrite | None = None, **options: Any
    ) -> ChannelHandle:
        """A text channel; `bot_may` allows or denies the bot something in it."""
        channel = self.handle.create_text_channel(name, **options)
        if bot_may is not None:
            self._standin.permit(channel, bot_may)
        return channel

    def create_channel(self, name: str, kind: str) -> ChannelHandle:
        """A channel of another kind: "news", "voice" or "stage"."""
        make: Callable[[str], ChannelHandle] = getattr(self.handle, f"create_{kind}_channel")
        return make(name)

    def create_forum(
        self,
        name: str,
        *,
        media: bool = False,
        tags: Mapping[str, bool] | None = None,
        require_tag: bool = False,
        bot_may: discord.PermissionOverwrite | None = None,
    ) -> ChannelHandle:
        """A forum, or a media channel; `tags` are names, each with whether it is the moderators' alone."""
        channel, backend = self.handle.create_forum_channel(name), self._standin.world.backend
        stored = backend.get_channel(channel.id)
        stored.available_tags = [
            {"id": str(backend.snowflake()), "name": tag, "moderated": moderated, "emoji_id": None, "emoji_name": None}
            for tag, moderated in (tags or {}).items()
        ]
        backend.channel_flags[channel.id] = REQUIRE_TAG if require_tag else 0
        if media:
            backend.own_types[channel.id] = MEDIA
        backend.announce_channel_update(channel.id)
        if bot_may is not None:
            self._standin.permit(channel, bot_may)
        return channel

    def create_thread(self, parent: Any, name: str, owner: Member, *, private: bool = False) -> Thread:
        """A member opens a thread in a text channel, or a post in a forum."""
        backend, kind = (
            self._standin.world.backend,
            ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD,
        )
        return thread_of(backend, backend.create_thread(parent.id, name, owner.id, type=kind))

    def create_role(self, name: str, *, permissions: discord.Permissions | None = None) -> RoleHandle:
        return self.handle.create_role(name, permissions=permissions)

    def add_member(
        self, name: str, *, permissions: discord.Permissions | None = None, locale: str | None = None
    ) -> Member:
        """A person joins; `permissions` come in a role of their own, on top of what everyone may."""
        roles = [self.create_role(f"{name}'s role", permissions=permissions)] if permissions is not None else []
        world = self._standin.world
        actor = self.handle.add_member(world.create_user(name), roles=roles)
        if locale is not None:
            world.locales[actor.id] = locale
        return Member(world, actor, self._standin.story, self._standin.patience)


class Standin:
    """A Discord that lives on 127.0.0.1. Open it with `async with Standin.open() as discord`."""

    def __init__(self, world: World, gateway: Gateway, rest: Rest, faults: Faults, token: str, logs: Path) -> None:
        self.world, self.gateway, self.faults, self.token = world, gateway, faults, token
        self.bots: list[BotProcess] = []
        self.port = 0
        self.patience = world.backend.acknowledge_within
        self._rest, self._logs = rest, logs

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        logs: Path | None = None,
        spec: Spec | None = None,
        nonce_window: float = 180.0,
        acknowledge_within: float = LIMIT,
        privileged: bool = False,
        shards: int = 1,
    ) -> AsyncIterator[Standin]:
        """Serve on a random port until the block ends; every bot still running is killed then.

        Without `spec` Discord's own OpenAPI file is used where it lies beside the tree. A nonce is
        remembered for `nonce_window` seconds. An acknowledgement is waited for and taken for
        `acknowledge_within` seconds: Discord's three are too few for a busy machine. `privileged` approves
        the privileged intents; `shards` is what a sharded bot is told to open (the second and every further
        one takes it five seconds).
        """
        world, faults = World(acknowledge_within=acknowledge_within, shards=shards), Faults()
        token = f"standin.{secrets.token_hex(8)}"
        rest = Rest(
            world,
            faults,
            spec if spec is not None else Spec.load(),
            token=token,
            nonce_window=nonce_window,
            privileged=privileged,
            shards=shards,
        )
        gateway = Gateway(world, token, rest.complaints.append, privileged=privileged)
        runner = web.AppRunner(
            application(rest.serve, rest.meeting_faults(gateway.serve), rest.file), shutdown_timeout=0.5
        )
        async with AsyncExitStack() as stack:
            logs = logs or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            standin = cls(world, gateway, rest, faults, token, logs)
            stack.push_async_callback(runner.cleanup)
            stack.push_async_callback(standin._end_bots)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            standin._settle_at(runner.addresses[0][1])
            yield standin

    def _settle_at(self, port: int) -> None:
        self.port = port
        self.gateway.address = self._rest.gateway_address = self.gateway_url
        self.world.cdn_base = f"http://127.0.0.1:{port}/cdn"

    @property
    def api_base(self) -> str:
        """The address of the REST API, with /api/v10."""
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gw"

    @property
    def sent(self) -> list[Sent]:
        """Every request of the bots, oldest first."""
        return self._rest.sent

    @property
    def limits(self) -> Limits:
        """Rate limits with their headers; none is switched on at first."""
        return self._rest.limits

    @property
    def complaints(self) -> list[str]:
        """What was wrong with requests by Discord's own file, and what the stand-in could not do."""
        return self._rest.complaints

    def check(self) -> None:
        """Fail if there are complaints."""
        if self.complaints:
            raise AssertionError("\n".join(["the bot's requests break Discord's rules:", *self.complaints]))

    # The world -------------------------------------------------------------------------------

    def create_guild(
        self, name: str = "Players", *, bot_permissions: discord.Permissions | None = None, shard: int | None = None
    ) -> Guild:
        """A server with the bot in it, invited with these permissions (else with all but administrator).

        Everyone, the bot too, may do what is usual: read, post, use commands, open public threads.
        """
        handle = self.world.create_guild(name, shard_id=shard)
        if bot_permissions is not None:
            self.world.invite_with(handle.id, bot_permissions.value)
        return Guild(self, handle)

    def guild(self, name: str) -> Guild:
        """The server of that name."""
        [stored] = [guild for guild in self.world.backend.guilds.values() if guild.name == name]
        return Guild(self, GuildHandle(self.world, stored))

    def remove_bot(self, guild: Guild) -> None:
        """A server removes the bot; one that is not connected is never told."""
        self.world.backend.remove_guild(guild.id)

    def restrict(self, channel: Any, *, to_adults: bool = True) -> None:
        """Make a channel age-restricted, or open to everybody again."""
        restricted = self.world.backend.age_restricted
        (restricted.add if to_adults else restricted.discard)(channel.id)
        stored = self.world.backend.get_channel(channel.id)
        self.world.backend.emit("CHANNEL_UPDATE", dict(serializers.channel_payload(self.world.backend, stored)))

    def permit(self, channel: Any, overwrite: discord.PermissionOverwrite) -> None:
        """Allow or deny the bot something in one channel."""
        allow, deny = overwrite.pair()
        self.world.overwrite(channel.id, allow.value, deny.value)

    def messages(self, channel: Any, *, viewer: Member | None = None, system: bool = False) -> list[Message]:
        """What stands in a channel or thread, oldest first.

        Private answers are seen only by the `viewer` they were made for; lines that Discord writes
        itself (a thread's starter) only with `system`.
        """
        backend = self.world.backend
        channel_id = channel if isinstance(channel, int) else channel.id
        return [
            message_of(backend, stored, self.world.nonces.get(stored.id))
            for _, stored in sorted(backend.messages[channel_id].items())
            if stored.visible_to(viewer.id if viewer else None) and (system or stored.type in POSTED_TYPES)
        ]

    def threads(self, channel: Any) -> list[Thread]:
        """The threads of a channel, oldest first."""
        found = [c for c in self.world.backend.channels.values() if c.is_thread and c.parent_id == channel.id]
        return [thread_of(self.world.backend, thread) for thread in sorted(found, key=lambda thread: thread.id)]

    def archive(self, thread: Any, *, locked: bool = False) -> None:
        """Archive a thread, as its timer or a moderator would."""
        self.world.backend.edit_channel(thread.id, {}, thread_metadata={"archived": True, "locked": locked})

    def close(self, thread: Any, *, locked: bool, archived: bool = False) -> None:
        """Lock or unlock a thread, and archive or reopen it, as a moderator would."""
        self.world.backend.edit_channel(thread.id, {}, thread_metadata={"archived": archived, "locked": locked})

    def delete_message(self, message: Message) -> None:
        """A moderator deletes a message."""
        self.world.backend.delete_message(message.channel_id, message.id)

    # Bots ------------------------------------------------------------------------------------

    async def run_bot(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        wait: bool = True,
    ) -> BotProcess:
        """Start a bot, with DISCORD_TOKEN and our addresses in its environment.

        With `wait`, until it is connected and has registered commands; `env` can override any variable.
        """
        settings = {
            "DISCORD_TOKEN": self.token,
            "DISCORD_API_BASE": self.api_base,
            "DISCORD_GATEWAY_URL": self.gateway_url,
            **(env or {}),
        }
        log = self._logs / f"bot-{len(self.bots) + 1}.log"
        bot = BotProcess(argv, environment(settings), cwd or self._logs, log, self._until_ready)
        self.bots.append(bot)
        await bot.restart(wait=wait)
        return bot

    async def _until_ready(self, bot: BotProcess, started: float) -> None:
        def ready() -> bool:
            if not bot.running:
                raise AssertionError(f"the bot ended with status {bot.exit_status} before it was ready\n{self.story()}")
            return self.gateway.identified_since(started) and any(self.world.backend.commands.values())

        await self.until(ready)

    async def _end_bots(self) -> None:
        for bot in self.bots:
            if bot.running:
                bot.kill()
                await bot.ended()

    # Waiting and telling ---------------------------------------------------------------------

    async def until(self, predicate: Callable[[], Found], *, timeout: float | None = None) -> Found:
        """Wait until `predicate` returns something true, and return that.

        Fail with the story so far after `timeout` seconds, by default as long as members wait.
        """
        timeout = self.patience if timeout is None else timeout
        deadline = time.monotonic() + timeout
        while not (found := predicate()):
            if time.monotonic() > deadline:
                raise AssertionError(f"still not so after {timeout:g} s\n{self.story()}")
            await asyncio.sleep(0.02)
        return found

    def story(self) -> str:
        """What stands in every channel, the last requests, and the end of each bot's log."""
        return tell(self.world, self.sent, self.complaints, self.bots)
