"""Who may moderate and who may administer: by permissions, or as a server opened a group under Integrations."""

from collections.abc import Iterable
from typing import Any, Final

import discord

from bot.interactions.checks import is_host
from bot.interactions.commands import ADMIN, MODERATE
from bot.interactions.replies import Press

_ROLE: Final = 1
_USER: Final = 2


async def is_moderator(press: Press) -> bool:
    """Whether the member may manage messages or the server, or the server lets them use `/telephone-moderate`."""
    return press.permissions.manage_messages or is_host(press) or await _let_in(press, MODERATE)


async def is_admin(press: Press) -> bool:
    """Whether the member may manage the server, or the server lets them use `/telephone-admin`."""
    return is_host(press) or await _let_in(press, ADMIN)


async def _let_in(press: Press, group: str) -> bool:
    """Whether Discord let the member use the group just now, or would, where they press a button under its answer."""
    if press.command is not None:
        return press.command.qualified_name.partition(" ")[0] == group
    command_id, member = press.client.command_ids.get(group), press.user
    if command_id is None or press.guild_id is None or not isinstance(member, discord.Member):
        return False
    try:
        found = await press.client.http.get_application_command_permissions(
            press.application_id, press.guild_id, command_id
        )
    except discord.NotFound:  # the server changed nothing under Integrations
        return False
    roles = {role.id for role in member.roles} - {press.guild_id}
    for overrides in (_of(found["permissions"], _USER, {member.id}), _of(found["permissions"], _ROLE, roles)):
        if overrides:
            return any(overrides)
    return any(_of(found["permissions"], _ROLE, {press.guild_id}))


def _of(overrides: Iterable[Any], kind: int, ids: set[int]) -> list[bool]:
    """What the overrides of a kind say of those with these ids."""
    return [one["permission"] for one in overrides if one["type"] == kind and int(one["id"]) in ids]
