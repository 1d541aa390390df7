"""Commands about the bot: models and help."""

from typing import Final

from bot.about.buttons import HelpButton, show_help
from bot.admin import messages as admin_messages
from bot.client import TelephoneBot
from bot.interactions.commands import join, leave
from bot.interactions.replies import Press, acknowledge, say


async def models(press: Press) -> None:
    """Who can draw and who can describe, now and once set up"""
    await acknowledge(press)
    await say(press, admin_messages.models(press.client.app.models.all()))


async def help_(press: Press) -> None:
    """How the game goes and which commands there are"""
    await acknowledge(press)
    await show_help(press)


COMMANDS: Final = (models, help_)
ITEMS: Final = (HelpButton,)


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)
    bot.add_dynamic_items(*ITEMS)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
    bot.remove_dynamic_items(*ITEMS)
