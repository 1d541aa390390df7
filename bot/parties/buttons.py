"""The persistent buttons of a party, and the form for a prompt."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.interactions.buttons import PersistentButton, confirm
from bot.interactions.checks import is_host, server_of
from bot.interactions.forms import filled
from bot.interactions.replies import Press, acknowledge, acknowledge_in_place, say
from bot.parties import messages
from bot.parties.messages import VERBS as NAMES
from bot.turns import messages as turn_messages
from bot.turns.buttons import fitted
from telephone.app import App
from telephone.domain.parties import Party
from telephone.errors import BadInput, NotAllowed

Verb = Callable[[Press, str], Awaitable[None]]
FORM: Final = re.compile(r"at1pf:(?P<party>\w{1,64}):(?P<member>\d{1,20})")


async def join(press: Press, party_id: str) -> None:
    await acknowledge(press)
    if press.user.bot:
        raise NotAllowed("A party is for people; models stand in for who leaves.")
    await say(
        press, messages.joined(await press.client.app.parties.join(party_id, press.user.id, server=server_of(press)))
    )


async def leave(press: Press, party_id: str) -> None:
    await acknowledge(press)
    await say(
        press, messages.left(await press.client.app.parties.leave(party_id, press.user.id, server=server_of(press)))
    )


async def begin(press: Press, party_id: str) -> None:
    await acknowledge(press)
    party = await press.client.app.parties.call(
        party_id, by=press.user.id, is_host=is_host(press), server=server_of(press)
    )
    await say(press, messages.called(party))


async def bring(press: Press, party_id: str) -> None:
    await press.client.app.parties.party(party_id, server=server_of(press))
    await press.response.send_modal(messages.prompt_form(party_id, press.user.id))


async def draw(press: Press, party_id: str) -> None:
    await acknowledge(press)
    await say(
        press, messages.brought(await press.client.app.parties.draw(party_id, press.user.id, server=server_of(press)))
    )


async def turn(press: Press, party_id: str) -> None:
    """Shows a member, and nobody else, the picture or the caption of their turn."""
    await acknowledge(press)
    taken = await press.client.app.parties.take(party_id, press.user.id, token=press.token, server=server_of(press))
    words, view, file = turn_messages.claimed(await fitted(taken), press.client.drawing_link(taken))
    await say(press, words, view=view, file=file)


async def ask_to_stop(press: Press, party_id: str) -> None:
    await acknowledge(press)
    app = press.client.app.parties
    party = await app.hosted(party_id, by=press.user.id, is_host=is_host(press), server=server_of(press))
    if party.state.is_final:
        raise BadInput(f"Party {party.number} has ended already; there is nothing to stop.")
    yes, no = messages.custom_id("stop-yes", party.id), messages.custom_id("keep", party.id)
    await say(press, messages.stop_question(party), view=confirm(("Stop the party", yes), ("Go on", no)))


async def stop(press: Press, party_id: str) -> None:
    await acknowledge_in_place(press)
    party = await press.client.app.parties.stop(
        party_id, by=press.user.id, is_host=is_host(press), server=server_of(press)
    )
    await say(press, messages.stopped(party))


async def keep(press: Press, party_id: str) -> None:
    await acknowledge_in_place(press)
    await say(press, messages.kept(await press.client.app.parties.party(party_id, server=server_of(press))))


VERBS: Final[dict[str, Verb]] = dict(
    zip(NAMES, (join, leave, begin, bring, draw, turn, ask_to_stop, stop, keep), strict=True)
)


class PartyButton(PersistentButton, template=rf"at1p:(?P<verb>{'|'.join(NAMES)}):(?P<party>\w{{1,64}})"):
    """Any button of a party: the verb in its id says what it does."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await VERBS[said["verb"]](press, said["party"])


async def brought(press: Press, form: re.Match[str], data: Mapping[str, Any]) -> None:
    """Stores the prompt that a member sent with the form."""
    text, longest, app = filled(data, "prompt"), messages.PROMPT_LONGEST, press.client.app.parties
    prompt = await app.bring(form["party"], press.user.id, text, longest, server=server_of(press))
    await say(press, messages.brought(prompt))


async def show_start(press: Press, party: Party) -> None:
    """Says what is to be done for a party that was just opened."""
    await say(press, await told_start(press.client.app, party.id))


async def told_start(app: App, party_id: str) -> str:
    """What is to be done for a party that was just opened. Raises NotFound."""
    return messages.started(await app.parties.opened(party_id))
