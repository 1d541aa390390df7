"""Reminders to a member that come too late, or that they take from nobody."""

from dataclasses import replace

import pytest

from bot.turns.presenter import DiscordTurnPresenter
from telephone.domain.human_turns import SeatState
from tests.bot.samples import game
from tests.bot.turns.test_messages import CLAIM, seat


@pytest.fixture
def member(standin):
    guild = standin.create_guild("Players")
    channel = guild.create_text_channel("telephone")
    alice = guild.add_member("alice")
    asked = standin.world.backend.new_interaction(2, channel.id, alice.id, guild.id)
    asked.responded = True
    claimed = replace(seat(SeatState.CLAIMED), claim=replace(CLAIM, member_id=alice.id, token=asked.token))
    return alice, asked, claimed


async def test_a_reminder_after_a_quarter_of_an_hour_is_left(standin, rest_client, member):
    _, asked, claimed = member
    await DiscordTurnPresenter(rest_client).remind(game(), claimed, by_message=False)
    assert len(asked.followup_ids) == 1
    standin.world.backend.advance_clock(16 * 60)
    await DiscordTurnPresenter(rest_client).remind(game(), claimed, by_message=False)
    assert len(asked.followup_ids) == 1
    assert [one.status for one in standin.sent if one.path.startswith("/webhooks/")] == [200, 401]


async def test_a_token_that_discord_does_not_know_is_too_late_too(standin, rest_client, member):
    _, _, claimed = member
    lost = replace(claimed, claim=replace(claimed.claim, token="forgotten"))
    await DiscordTurnPresenter(rest_client).remind(game(), lost, by_message=False)
    assert [one.status for one in standin.sent if one.path.startswith("/webhooks/")] == [404]


@pytest.mark.parametrize(("status", "code"), [(403, 50007), (400, 50278), (400, 50033)])
async def test_a_member_who_takes_no_direct_message_is_told_in_the_thread_alone(
    standin, rest_client, member, status, code
):
    _, asked, claimed = member
    standin.faults.add("POST", r"/channels/\d+/messages", status=status, code=code)
    await DiscordTurnPresenter(rest_client).remind(game(), claimed, by_message=True)
    assert len(asked.followup_ids) == 1
    assert standin.faults.left == 0
