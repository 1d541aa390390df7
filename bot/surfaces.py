"""Everything that shows something on Discord, in one value."""

from dataclasses import dataclass

from bot.arena import DiscordArena
from bot.broom import DiscordBroom
from bot.lobby import DiscordLobby
from bot.noticeboard import DiscordNoticeboard
from bot.parlour import DiscordParlour
from bot.stage import DiscordStage


@dataclass(frozen=True, slots=True)
class DiscordSurfaces:
    """What telephone.build asks for, on Discord."""

    games: DiscordStage
    battles: DiscordArena
    parties: DiscordParlour
    human_turns: DiscordLobby
    jobs: DiscordNoticeboard
    cleanup: DiscordBroom


def surfaces_of(stage: DiscordStage) -> DiscordSurfaces:
    """The surfaces that a stage holds."""
    return DiscordSurfaces(stage, stage.arena, stage.parlour, stage.lobby, stage.noticeboard, stage.broom)
