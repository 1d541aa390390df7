"""What members do on messages of any version: buttons are found by the verb in their id, which never changes."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.standin import Interaction, Member, Message, Standin
from tests.standin.process import environment

BOT = [sys.executable, "-m", "bot"]


async def press(discord: Standin, member: Member, message: Message, verb: str) -> Interaction:
    """Presses the first button of a message whose id says this verb; waits until the answer is there."""
    [custom_id, *_] = [one for part in message.parts if verb in (one := str(part.get("custom_id", ""))).split(":")]
    return await answered(discord, await member.click(message, custom_id=custom_id))


async def answered(discord: Standin, pressed: Interaction) -> Interaction:
    """Waits until the bot has said what came of it."""
    await discord.until(lambda: pressed.modal or (pressed.response and not pressed.response.loading), timeout=60)
    return pressed


async def fill_in(discord: Standin, member: Member, form: Interaction, **values: object) -> Interaction:
    """Sends a form; waits until the answer is there."""
    return await answered(discord, await member.submit(form, values))


def found(discord: Standin, channel: object, *words: str, viewer: Member | None = None) -> Message | None:
    """The oldest message of a channel and its threads on which all these words stand, or are in the id of a button."""
    rooms = [channel, *(thread.id for thread in discord.threads(channel))]
    messages = [one for room in rooms for one in discord.messages(room, viewer=viewer)]
    told = ((one, f"{one.text} {[part.get('custom_id') for part in one.parts]}") for one in messages)
    return next((one for one, text in told if all(word in text for word in words)), None)


async def telephone(folder: Path, settings: Mapping[str, str], *arguments: str) -> None:
    """Runs the command `telephone` in a folder."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "telephone", *arguments),
        cwd=folder,
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
