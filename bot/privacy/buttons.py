"""The question before a member's data is deleted, and its persistent buttons."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from bot.interactions.buttons import PersistentButton
from bot.interactions.replies import Press, acknowledge_in_place, say
from bot.privacy import messages
from telephone.domain.refusals import OutOfReach

_WAIT: Final = 20.0
"""How long a member's answer waits for the end, in seconds; most deletions take less."""

_REST: Final = 2.0
"""How long it waits for the rest once something is out of reach, in seconds."""


async def ask_to_delete(press: Press) -> None:
    """Tells what is deleted and what stays, before anything is deleted."""
    try:
        found = await press.client.app.privacy.footprint(press.user.id)
    except OutOfReach as error:
        await say(press, messages.out_of_reach(error.places))
        return
    await say(press, messages.question(found), view=messages.confirmation())


async def delete(press: Press) -> None:
    await acknowledge_in_place(press)
    privacy = press.client.app.privacy
    erasure = await privacy.erase(press.user.id)
    await say(press, messages.DELETING)
    if not await privacy.tried(erasure.id, _WAIT):
        return
    done = await privacy.erased(erasure.id, _REST)
    if places := await privacy.out_of_reach(press.user.id):
        await say(press, messages.out_of_reach(places))
    elif done:
        await say(press, messages.DELETED)


async def keep(press: Press) -> None:
    await acknowledge_in_place(press)
    await say(press, messages.KEPT)


VERBS: Final[dict[str, Callable[[Press], Awaitable[None]]]] = {"delete": delete, "keep": keep}


class PersonalButton(PersistentButton, template=rf"at1:me:(?P<verb>{'|'.join(VERBS)})"):
    """Deletes the member's data, or keeps it."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await VERBS[said["verb"]](press)
