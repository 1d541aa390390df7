"""All presenters of the bot in one value."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import discord

from bot.battles.presenter import DiscordBattlePresenter
from bot.games.presenter import DiscordGamePresenter
from bot.parties.presenter import DiscordPartyPresenter
from bot.privacy.cleanup import DiscordCleanup
from bot.rescoring.presenter import DiscordJobPresenter
from bot.turns.presenter import DiscordTurnPresenter


@dataclass(frozen=True, slots=True)
class DiscordSurfaces:
    """The presenters of one client. They speak REST only: a client that is logged in is enough."""

    games: DiscordGamePresenter
    battles: DiscordBattlePresenter
    parties: DiscordPartyPresenter
    human_turns: DiscordTurnPresenter
    jobs: DiscordJobPresenter
    cleanup: DiscordCleanup


def discord_surfaces(
    client: discord.Client, *, clock: Callable[[], float] = time.monotonic, alone: bool = True
) -> DiscordSurfaces:
    """Makes all presenters of a client. `clock` gives seconds; it limits how often cards are edited.

    Where a process is not `alone`, others edit the same cards.
    """
    return DiscordSurfaces(
        games=DiscordGamePresenter(client, clock=clock, alone=alone),
        battles=DiscordBattlePresenter(client, clock=clock, alone=alone),
        parties=DiscordPartyPresenter(client, clock=clock, alone=alone),
        human_turns=DiscordTurnPresenter(client),
        jobs=DiscordJobPresenter(client, clock=clock, alone=alone),
        cleanup=DiscordCleanup(client),
    )
