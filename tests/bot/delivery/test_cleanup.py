"""Taking our messages back, on a Discord that does not let all of them go."""

from datetime import UTC, datetime, timedelta

import discord
import pytest

from bot.delivery.sender import MessageSender
from bot.privacy.cleanup import DiscordCleanup
from bot.ui.posts import Post
from telephone.domain.deletions import Spot
from telephone.errors import Unavailable
from telephone.ports.posting import Posting


class Place:
    """A channel with a card, its thread, and messages in it."""

    def __init__(self, standin, client, channel):
        self.standin, self.client, self.channel = standin, client, channel
        self.sender = MessageSender(client)

    async def post(self, channel_id: int, text: str, nonce: str | None = None) -> int:
        posting = Posting(nonce or text, datetime.now(UTC))
        return await self.sender.post(channel_id, [Post(text)], posting)

    async def fill(self, count: int = 3) -> Spot:
        self.card = await self.post(self.channel.id, "card")
        self.thread = await self.sender.open_thread(self.channel.id, self.card, "thread", again=False)
        self.posted = [await self.post(self.thread, f"turn {number}") for number in range(count)]
        since = datetime.now(UTC) - timedelta(hours=1)
        return Spot("00ff", self.channel.id, since, self.thread, (self.card,), tuple(self.posted[:1]))

    def left(self) -> list[str]:
        return [one.content for one in self.standin.messages(self.thread)]


@pytest.fixture
def place(standin, rest_client):
    channel = standin.create_guild("Players").create_text_channel("telephone")
    standin.permit(channel, discord.PermissionOverwrite(manage_threads=False, manage_messages=False))
    return Place(standin, rest_client, channel)


async def test_a_thread_is_cleared_although_its_starter_stays(standin, rest_client, place):
    spot = await place.fill()
    assert await DiscordCleanup(rest_client).sweep(spot) is True
    assert place.left() == []
    assert standin.messages(place.channel) == []


async def test_what_cannot_be_deleted_holds_up_nothing_else_and_is_not_called_done(standin, rest_client, place):
    spot = await place.fill()
    standin.faults.add("DELETE", f"/messages/{place.posted[1]}", status=403, code=50013)
    assert await DiscordCleanup(rest_client).sweep(spot) is False
    assert place.left() == ["turn 1"]
    assert await DiscordCleanup(rest_client).sweep(spot) is True
    assert place.left() == []


async def test_messages_that_we_know_of_go_without_read_message_history(standin, rest_client, place):
    spot = await place.fill()
    standin.permit(place.channel, discord.PermissionOverwrite(read_message_history=False))
    await DiscordCleanup(rest_client).sweep(spot)
    assert "turn 0" not in place.left()


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("locked", [True, False])
async def test_an_archived_thread(standin, rest_client, place, allowed, locked):
    spot = await place.fill()
    standin.world.backend.archived_deletes = allowed
    (thread,) = standin.threads(place.channel)
    standin.close(thread, locked=locked, archived=True)
    done = allowed or not locked
    assert await DiscordCleanup(rest_client).sweep(spot) is done
    assert (place.left() == []) is done


async def test_a_thread_that_is_gone_holds_nothing(standin, rest_client, place):
    spot = await place.fill()
    standin.world.backend.delete_channel(place.thread)
    assert await DiscordCleanup(rest_client).sweep(spot) is True


async def test_a_discord_that_does_not_answer_is_no_end(standin, rest_client, place):
    spot = await place.fill()
    standin.faults.add("DELETE", "/messages/", status=403, code=130000)
    with pytest.raises(Unavailable):
        await DiscordCleanup(rest_client).sweep(spot)


async def test_the_nonce_of_a_deleted_message_is_followed_by_another_that_is_always_the_same(
    standin, rest_client, place
):
    first = await place.post(place.channel.id, "said", "n-1")
    assert await place.post(place.channel.id, "said", "n-1") == first
    (message,) = standin.messages(place.channel)
    standin.delete_message(message)
    second = await place.post(place.channel.id, "said", "n-1")
    assert second != first
    assert await place.post(place.channel.id, "said", "n-1") == second
    assert [one.id for one in standin.messages(place.channel)] == [second]


async def test_a_card_that_is_too_old_is_refused_at_once(standin, rest_client, place):
    card = await place.post(place.channel.id, "card")
    standin.faults.add("PATCH", "/messages/", status=429, code=30046, retry_after=600.0)
    with pytest.raises(discord.HTTPException) as caught:
        await place.client.get_partial_messageable(place.channel.id).get_partial_message(card).edit(content="new")
    assert caught.value.code == 30046
