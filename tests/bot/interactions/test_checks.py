"""What is known of the place of an interaction."""

from types import SimpleNamespace

import discord
import pytest

from bot.interactions.checks import age_restricted

KINDS = {0: discord.TextChannel, 2: discord.VoiceChannel, 5: discord.TextChannel, 13: discord.StageChannel}
KINDS |= {15: discord.ForumChannel}


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_any_kind_of_channel_can_be_for_adults_only(kind: int, restricted: bool):
    told = {"id": "2", "name": "x", "type": kind, "nsfw": restricted, "position": 0, "bitrate": 64_000, "user_limit": 0}
    channel = KINDS[kind](state=None, guild=SimpleNamespace(id=1), data={**told, "permission_overwrites": []})
    assert age_restricted(SimpleNamespace(channel=channel)) is restricted


def test_a_place_that_is_unknown_is_for_everybody():
    assert not age_restricted(SimpleNamespace(channel=None))
