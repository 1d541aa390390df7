"""A Discord on loopback: simcord's world behind real sockets, with the bot as a process of its own.

async with Standin.open() as discord:
    guild = discord.create_guild("Players")
    channel = guild.create_text_channel("telephone")
    alice = guild.add_member("alice")
    bot = await discord.run_bot([sys.executable, "-m", "bot"])
    asked = await alice.slash(channel, "telephone start", prompt="a fox")
    await discord.until(lambda: discord.threads(channel))
"""

from tests.standin.faults import Faults
from tests.standin.loopback import Guild, Standin
from tests.standin.members import Interaction, Member, Unanswered
from tests.standin.process import BotProcess
from tests.standin.records import Attachment, Message, Sent, Thread
from tests.standin.spec import SPEC_PATH, Spec

__all__ = [
    "SPEC_PATH",
    "Attachment",
    "BotProcess",
    "Faults",
    "Guild",
    "Interaction",
    "Member",
    "Message",
    "Sent",
    "Spec",
    "Standin",
    "Thread",
    "Unanswered",
]
