"""Shows the drift of one pair, for a command and for the persistent select under a board."""

import re

from bot.interactions.buttons import PersistentSelect
from bot.interactions.checks import server_of
from bot.interactions.replies import Press, acknowledge, show
from bot.leaderboards import pair_messages
from telephone.concurrency import off_loop
from telephone.leaderboards.pair_report import PairRequest


async def show_pair(press: Press, asked: PairRequest) -> None:
    """Shows the report on a pair in the place of the deferred answer."""
    found = await press.client.app.pairs.drift(asked)
    await show(press, pair_messages.pair(found, await off_loop(pair_messages.curve, found)))


class PairSelect(PersistentSelect, template=rf"at1:pair:{pair_messages.ASKED}"):
    """Opens a pair of a board for the member who chose it alone."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        asked = pair_messages.asked(said, self.chosen, server_of(press))
        await acknowledge(press)
        await show_pair(press, asked)
