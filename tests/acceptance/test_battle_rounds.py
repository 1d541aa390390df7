"""A battle whose bot is killed when Discord has a message but the bot has no answer posts it once."""

import sys
from pathlib import Path

import pytest

from tests.standin.loopback import Standin

BOT = [sys.executable, "-m", "bot"]
TURNS = 2


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_round_that_was_posted_unheard_is_known_again_and_no_count_brings_a_picture(tmp_path: Path):
    """The stand-in forgets every nonce at once, as Discord does after minutes: the thread's history alone can tell."""
    async with Standin.open(nonce_window=0.0, acknowledge_within=300.0, logs=tmp_path) as standin:
        guild = standin.create_guild("Players")
        channel, ada, bo = guild.create_text_channel("telephone"), guild.add_member("ada"), guild.add_member("bo")
        bot = await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(tmp_path / "data")})
        pairs = {"pair_a": "stickers × spotter-sharp", "pair_b": "stickers × spotter-hazy"}
        await ada.slash(channel, "telephone battle", prompt="#easy-002", turns=TURNS, **pairs, wait=False)
        [thread] = await standin.until(lambda: standin.threads(channel))

        heads = ["**The prompt**", *(f"### Turn {n} of {TURNS}" for n in range(1, TURNS + 1)), "**Which side"]
        unheard: list[str] = []
        standin.faults.add("POST", rf"/channels/{thread.id}/messages$", status="silence")
        while not unheard or unheard[-1] != heads[-1]:
            await standin.until(lambda: not standin.faults.left)
            unheard.append(next(head for head in heads if standin.messages(thread)[-1].text.startswith(head)))
            bot.kill()
            await bot.ended()
            if unheard[-1] != heads[-1]:  # before the bot is back, which may post before it is connected
                standin.faults.add("POST", rf"/channels/{thread.id}/messages$", status="silence")
            await bot.restart()
        card = await standin.until(lambda: next(one for one in standin.messages(channel) if one.buttons.get("A")))
        assert [file.name for file in card.files] == ["side-a.png", "side-b.png"]
        assert {heads[1], heads[2], heads[3]} <= set(unheard), "each was killed as Discord had it"
        for member, label in ((ada, "A"), (bo, "B")):
            voted = await member.click(card, label=label)
            await standin.until(lambda voted=voted: voted.response and not voted.response.loading)
        await _close(standin, ada, card)
        await standin.until(lambda: standin.messages(thread)[-1].text.startswith("**Battle 1"))
        posted = [one.text.splitlines()[0] for one in standin.messages(thread)]
        assert [sum(line.startswith(head) for line in posted) for head in heads] == [1, 1, 1, 1]
        assert len(posted) == len(heads) + 1
        _check_the_edits(standin, channel.id, card.id)
        standin.check()


async def _close(standin: Standin, host, card) -> None:
    asked = await host.click(card, label="Close")
    await standin.until(lambda: asked.response and asked.response.buttons)
    await host.click(asked.response, label="Close the vote")
    await standin.until(lambda: [one for one in standin.messages(card.channel_id) if "Distances:" in one.text])


def _check_the_edits(standin: Standin, channel_id: int, card_id: int) -> None:
    """Two processes saw the ballot: each brings its pictures once, or twice where its first two edits meet; the close
    names those that stay."""
    edits = [
        one for one in standin.sent if (one.method, one.path) == ("PATCH", f"/channels/{channel_id}/messages/{card_id}")
    ]
    shown = [one for one in edits if one.payload["attachments"]]
    assert 1 <= sum(len(one.files) > 0 for one in shown) <= 2
    assert shown[-1].files == ()
    assert [sorted(file) for file in shown[-1].payload["attachments"]] == [["description", "filename", "id"]] * 2
