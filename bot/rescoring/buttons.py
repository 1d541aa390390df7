"""The question before old games are measured again, and its persistent buttons."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from bot.interactions.buttons import PersistentButton
from bot.interactions.checks import server_of
from bot.interactions.replies import Press, acknowledge, acknowledge_in_place, say
from bot.interactions.rights import is_admin
from bot.interactions.sharing import require_voice
from bot.rescoring import messages
from bot.ui.posts import address
from telephone.domain.rescores import RescorePlan

Verb = Callable[[Press, str], Awaitable[None]]


async def ask_to_rescore(press: Press, embedder: str) -> None:
    """Asks before money is spent; begins at once what costs nothing."""
    require_voice(press)
    rescores = press.client.app.rescores
    plan = await rescores.plan(server_of(press), embedder, is_host=await is_admin(press))
    if isinstance(plan, RescorePlan) and plan.most_usd:
        text = messages.question(plan, rescores.label(plan.embedder))
        await say(press, text, view=messages.confirmation(plan))
    else:
        await _begin(press, embedder)


async def go(press: Press, embedder: str) -> None:
    await acknowledge_in_place(press)
    require_voice(press)
    await _begin(press, embedder)


async def stop(press: Press, job_id: str) -> None:
    await acknowledge(press)
    rescores, server = press.client.app.rescores, server_of(press)
    job = await rescores.stop(job_id, by=press.user.id, is_host=await is_admin(press), server=server)
    await say(press, messages.stopped(job))


async def _begin(press: Press, embedder: str) -> None:
    guild_id, channel_id = server_of(press), press.channel_id or 0
    rescores = press.client.app.rescores
    job = await rescores.rescore(
        guild_id, embedder, by=press.user.id, channel_id=channel_id, is_host=await is_admin(press)
    )
    shown = await rescores.shown(job.id)
    link = None if shown.message_id is None else address(guild_id, channel_id, shown.message_id)
    await say(press, messages.begun(job, link))


VERBS: Final[dict[str, Verb]] = {"go": go, "stop": stop}


_NAME: Final = r"at1:rescore:(?P<verb>go|stop):(?P<what>[a-z0-9.-]{1,64})"


class RescoreButton(PersistentButton, template=_NAME):
    """Begins or stops the job that its id names."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await VERBS[said["verb"]](press, said["what"])
