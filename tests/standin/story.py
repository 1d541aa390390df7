"""The state of the world in words, for the message of a test that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tests.standin.process import BotProcess
from tests.standin.records import Message, Sent, message_of
from tests.standin.world import World

LAST_REQUESTS = 25
LAST_LOG_LINES = 30


def tell(world: World, sent: Sequence[Sent], complaints: Sequence[str], bots: Iterable[BotProcess]) -> str:
    """A transcript: channels and their messages, requests, complaints, logs."""
    lines = ["", *_channels(world), f"-- the last of {len(sent)} requests"]
    lines += [f"   {request}" for request in sent[-LAST_REQUESTS:]]
    lines += ["-- complaints", *(f"   {complaint}" for complaint in complaints)] if complaints else []
    for bot in bots:
        state = "running" if bot.running else f"ended with status {bot.exit_status}"
        lines.append(f"-- bot {bot.log_path.stem}, {state}, the end of its log")
        lines += [f"   {line}" for line in bot.log.splitlines()[-LAST_LOG_LINES:]]
    return "\n".join(lines)


def _channels(world: World) -> Iterator[str]:
    for channel_id, stored in world.backend.messages.items():
        channel = world.backend.channels[channel_id]
        guild = world.backend.guilds[channel.guild_id].name if channel.guild_id is not None else "direct messages"
        archived = channel.thread_metadata is not None and channel.thread_metadata.archived
        kind = "thread" if channel.is_thread else "channel"
        yield f"-- {kind} {channel.name!r} of {guild}{', archived' if archived else ''}"
        for message_id, message in sorted(stored.items()):
            yield f"   {_line(message_of(world.backend, message, world.nonces.get(message_id)))}"


def _line(message: Message) -> str:
    marks = [
        f"re {message.reply_to % 10_000}" if message.reply_to else "",
        "private" if message.ephemeral else "",
        "thinking" if message.loading else "",
        "edited" if message.edited else "",
        *(file.name for file in message.files),
        *(f"[{label}]" if enabled else f"({label})" for label, enabled in message.buttons.items()),
    ]
    text = message.text.replace("\n", " / ")[:160]
    return " ".join([f"{message.id % 10_000:04} {message.author}: {text}", *filter(None, marks)])
