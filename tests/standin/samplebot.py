"""A small, real discord.py bot for the stand-in's own tests: `python -m tests.standin.samplebot`."""

from __future__ import annotations

import io
import os

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


def picture(name: str = "step-1.png", size: int = 0) -> discord.File:
    return discord.File(io.BytesIO(PICTURE + bytes(size)), name, description="a fox on a hill")


def channel_of(interaction: discord.Interaction, channel_id: int | None = None) -> discord.PartialMessageable:
    """The channel with this id, or the one in which the command was used, without asking for it."""
    return interaction.client.get_partial_messageable(
        channel_id or interaction.channel_id or 0, guild_id=interaction.guild_id
    )


class Note(discord.ui.Modal, title="A note"):
    text: discord.ui.Label[Note] = discord.ui.Label(
        text="Your note", component=discord.ui.TextInput(custom_id="text", style=discord.TextStyle.paragraph)
    )
    files: discord.ui.Label[Note] = discord.ui.Label(
        text="Pictures", component=discord.ui.FileUpload(custom_id="files", required=False, max_values=2)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        text, files = self.text.component, self.files.component
        if not isinstance(text, discord.ui.TextInput) or not isinstance(files, discord.ui.FileUpload):
            raise TypeError("the form has other fields than it was made with")
        uploads = files.values
        sizes = [len(await upload.read()) for upload in uploads]
        await interaction.response.send_message(
            f"{text.value}: {[upload.filename for upload in uploads]} {sizes}", ephemeral=True
        )


class Panel(discord.ui.LayoutView):
    """Components V2, alive across restarts."""

    row: discord.ui.ActionRow[Panel] = discord.ui.ActionRow()
    menu: discord.ui.ActionRow[Panel] = discord.ui.ActionRow()

    def __init__(self, text: str = "A panel") -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.Container(discord.ui.TextDisplay(text)))

    @row.button(label="Note", custom_id="panel:note")
    async def note(self, interaction: discord.Interaction, _: discord.ui.Button[Panel]) -> None:
        await interaction.response.send_modal(Note())

    @menu.select(custom_id="panel:pick", options=[discord.SelectOption(label=name) for name in ("A", "B")])
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select[Panel]) -> None:
        await interaction.response.edit_message(view=Panel(f"Picked {select.values[0]}"))


class SampleBot(discord.AutoShardedClient):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True, members="SAMPLE_MEMBERS" in os.environ))
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        self.add_view(Panel())
        self.tree.add_command(start)
        self.tree.add_command(post)
        self.tree.add_command(panel)
        self.tree.add_command(measure)
        await self.tree.sync()


@app_commands.command(description="Open a thread with a picture in it")
@app_commands.describe(prompt="What to draw")
async def start(interaction: discord.Interaction, prompt: str) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    card = await channel_of(interaction).send(view=Panel(prompt))
    thread = await card.create_thread(name=prompt)
    opening = await thread.send(prompt)
    await opening.reply(file=picture(), mention_author=False)
    await interaction.edit_original_response(content=f"Playing in {thread.mention}")
    await interaction.followup.send("One more thing", ephemeral=True)


@start.autocomplete("prompt")
async def prompts(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=name, value=name) for name in ("alpha", "beta") if name.startswith(typed)]


@app_commands.command(description="Post a message with a nonce, here or in a thread, with a file of so many bytes")
async def post(interaction: discord.Interaction, text: str, nonce: str, thread: str = "", size: int = 0) -> None:
    await interaction.response.defer(ephemeral=True)
    place = channel_of(interaction, int(thread) if thread else None)
    files = [picture("big.png", size)] if size else []
    try:
        message = await place.send(text, nonce=nonce, files=files)
        await interaction.edit_original_response(content=f"posted {message.id}")
    except discord.HTTPException as error:
        await interaction.edit_original_response(content=f"refused {error.status} {error.code}")


@app_commands.command(description="Show a panel")
async def panel(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(view=Panel())


@app_commands.context_menu(name="Measure")
async def measure(interaction: discord.Interaction, message: discord.Message) -> None:
    told = f"{len(message.content)} characters, {interaction.locale}, {interaction.filesize_limit >> 20} MiB"
    await interaction.response.send_message(told, ephemeral=True)


def main() -> None:
    Route.BASE = os.environ["DISCORD_API_BASE"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    SampleBot().run(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    main()
