"""Everything that the game shows on Discord, in one value."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import discord

from bot.battles.presenter import DiscordArena
from bot.games.presenter import DiscordStage
from bot.parties.presenter import DiscordParlour
from bot.privacy.cleanup import DiscordBroom
from bot.rescoring.presenter import DiscordNoticeboard
from bot.turns.presenter import DiscordLobby


@dataclass(frozen=True, slots=True)
class DiscordSurfaces:
    """The presenters of one client. They speak REST only: a client that is logged in is enough."""

    games: DiscordStage
    battles: DiscordArena
    parties: DiscordParlour
    human_turns: DiscordLobby
    jobs: DiscordNoticeboard
    cleanup: DiscordBroom


def discord_surfaces(client: discord.Client, *, clock: Callable[[], float] = time.monotonic) -> DiscordSurfaces:
    """Makes all presenters of a client. `clock` counts seconds: cards are edited only so often."""
    return DiscordSurfaces(
        games=DiscordStage(client, clock=clock),
        battles=DiscordArena(client, clock=clock),
        parties=DiscordParlour(client, clock=clock),
        human_turns=DiscordLobby(client),
        jobs=DiscordNoticeboard(client, clock=clock),
        cleanup=DiscordBroom(client),
    )
