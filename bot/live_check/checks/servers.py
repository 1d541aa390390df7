"""The channel and its server: permissions, age restriction, and a server that removed the bot."""

from typing import Any, Final

import discord

from bot.live_check.people import gateway
from bot.live_check.session import LiveCheck
from bot.ui.wording import NEEDED
from telephone.domain.live_answers import Reply

_BEYOND: Final = ("administrator", "manage_channels", "manage_threads", "manage_messages", "mention_everyone")
"""Permissions that a bot invited by our link does not have, and that change what Discord answers."""


async def permissions(live: LiveCheck) -> None:
    """What the bot lacks of what it asks for, and what it may besides: both change the other answers."""
    channel = await live.rest.ask("GET", f"/channels/{live.channel}")
    live.note("read the channel", channel, **_channel(channel), keys=sorted(channel.body or {}))
    roles = await live.rest.ask("GET", f"/guilds/{live.guild}/roles")
    member = await live.rest.ask("GET", f"/guilds/{live.guild}/members/{live.me}")
    if not (channel.ok and roles.ok and member.ok):
        live.note("read our permissions", next(reply for reply in (channel, roles, member) if not reply.ok))
        return
    allowed = _allowed(live, roles.items, member.get("roles", []), channel.get("permission_overwrites", []))
    lacking = [name for name in NEEDED if not getattr(allowed, name)]
    beyond = [name for name in _BEYOND if getattr(allowed, name)]
    live.tell("read our permissions", "done", lacking=lacking, beyond_what_we_ask_for=beyond)
    if lacking or beyond:
        live.say(f"Here the bot lacks {_listed(lacking)}, and may {_listed(beyond)} besides: some answers will differ.")


def _allowed(live: LiveCheck, roles: list[Any], mine: list[str], overwrites: list[Any]) -> discord.Permissions:
    """What we may do in the channel: by roles, then by its overwrites for everyone, for our roles, for ourselves."""
    everyone, granted = str(live.guild), 0
    for role in roles:
        if role["id"] in (everyone, *mine):
            granted |= int(role["permissions"])
    if discord.Permissions(granted).administrator:
        return discord.Permissions.all()
    for ids in ((everyone,), tuple(mine), (str(live.me),)):
        fit = [overwrite for overwrite in overwrites if str(overwrite["id"]) in ids]
        for overwrite in fit:
            granted &= ~int(overwrite["deny"])
        for overwrite in fit:
            granted |= int(overwrite["allow"])
    return discord.Permissions(granted)


def _listed(names: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names) or "nothing"


async def age_restricted(live: LiveCheck) -> None:
    """Whether an age-restricted channel and a thread in it say so, over REST and over two gateways in turn."""
    channel_id = live.options.age_restricted
    if channel_id is None:
        live.leave_out(
            "an age-restricted channel", "add --age-restricted CHANNEL, one that is and where the bot may post"
        )
        return
    channel = await live.rest.ask("GET", f"/channels/{channel_id}")
    live.note("read the channel", channel, **_channel(channel))
    card = await live.needed("post there", {"content": "live-check: age-restricted"}, channel_id)
    opened = await live.open_thread(card.id, "age-restricted", channel_id)
    live.note("open a thread there", opened, **_channel(opened))
    if not opened.id:
        return
    thread = await live.rest.ask("GET", f"/channels/{opened.id}")
    live.note("read the thread", thread, **_channel(thread))
    for when in ("at a start", "at another start"):
        async with gateway(live) as listener:
            live.tell(
                f"the gateway tells of them {when}",
                "heard",
                channel=_restricted(listener.get_channel(channel_id)),
                thread=_restricted(listener.get_channel(opened.id)),
            )


def _channel(reply: Reply) -> dict[str, Any]:
    body = reply.body if isinstance(reply.body, dict) else {}
    return {
        "type": body.get("type"),
        "nsfw": body.get("nsfw", "no such key"),
        "flags": body.get("flags", "no such key"),
    }


def _restricted(channel: Any) -> str | bool:
    """What our code is told by discord.py."""
    return "not told of" if channel is None else bool(channel.is_nsfw())


async def left(live: LiveCheck) -> None:
    """What is answered for a channel of a server that removed the bot while it was offline."""
    channel_id = live.options.left
    if channel_id is None:
        to_do = "stop the bot, remove it from a test server, then add --left with a channel of that server"
        live.leave_out("a server that removed the bot while it was offline", to_do)
        return
    await live.ask("read its channel", "GET", f"/channels/{channel_id}")
    live.note("post there", await live.send({"content": "live-check: left"}, channel_id))
    await live.ask("list its messages", "GET", f"/channels/{channel_id}/messages?limit=1")
    async with gateway(live) as listener:
        live.tell(
            "the gateway tells of it at a start",
            "heard",
            channel_known=listener.get_channel(channel_id) is not None,
            servers=len(listener.guilds),
            unavailable=sum(guild.unavailable for guild in listener.guilds),
        )
