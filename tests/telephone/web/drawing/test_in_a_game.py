"""The page as a part of the bot: a member takes a turn on Discord, draws in the browser, and the game goes on."""

import socket
import sys

import pytest
from playwright.async_api import Page, async_playwright, expect

from telephone.games.turn_service import IN_ALREADY
from telephone.web.drawing import server as drawing_server
from tests.bot.demo.visitor import ARGUMENTS, CHROMIUM, PATIENCE
from tests.standin.records import Message
from tests.telephone.web.drawing.studio import free_port

BOT = [sys.executable, "-m", "bot"]
PROMPT = "a fox mends a clock"


def public(folder, port: int) -> dict[str, str]:
    return {
        "TELEPHONE_DATA_DIR": str(folder),
        "TELEPHONE_HTTP_PORT": str(port),
        "TELEPHONE_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


def links_of(message: Message) -> list[str]:
    return [part["url"] for part in message.parts if part.get("url")]


async def taken(standin, channel, member) -> Message:
    """What a member sees who starts a game whose pictures members draw, and takes the first turn."""
    await member.slash(channel, "telephone start", prompt=PROMPT, t2i="human", i2t="spotter-sharp", turns=1)
    (thread,) = await standin.until(lambda: standin.threads(channel))
    (invitation,) = await standin.until(lambda: saying(standin, thread.id, "draw a picture"))
    claim = await member.click(invitation, label="Take this turn")
    return await standin.until(lambda: claim.response if claim.response and claim.response.text else None)


def saying(standin, thread_id: int, words: str) -> list[Message]:
    return [message for message in standin.messages(thread_id) if words in message.text]


async def draw(page: Page) -> None:
    box = await page.locator("#paper").bounding_box()
    await page.get_by_label("Fill", exact=True).check()
    await page.get_by_label("Green", exact=True).check()
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM} on this machine")
@pytest.mark.long
async def test_a_turn_that_was_taken_on_discord_is_drawn_in_the_browser_and_posted(standin, tmp_path):
    guild = standin.create_guild("Players")
    channel, alice = guild.create_text_channel("telephone"), guild.add_member("alice")
    bot = await standin.run_bot(BOT, env=public(tmp_path, free_port()))
    (link,) = links_of(await taken(standin, channel, alice))
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = await chromium.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        await page.goto(link)
        await expect(page.locator("#caption")).to_have_text(PROMPT)
        await expect(page.locator("#clock")).not_to_be_empty()  # from then on the page listens
        bot.kill()
        await bot.ended()
        await draw(page)
        await page.get_by_role("button", name="Hand in").click()
        await page.locator("#sure").click()
        await expect(page.get_by_text("You are offline")).to_be_visible()
        await bot.restart()
        await expect(page.get_by_text(drawing_server.TAKEN)).to_be_visible()
        await page.reload()
        await expect(page.get_by_text(IN_ALREADY)).to_be_visible()
        await chromium.close()
    (thread,) = standin.threads(channel)
    (posted,) = await standin.until(lambda: saying(standin, thread.id, "**Turn 1 of 1, picture** by a member"))
    assert [file.name for file in posted.files] == ["turn-01.png"]
    await standin.until(lambda: saying(standin, thread.id, "Distance"))
    assert link.rpartition("/")[2] not in bot.log


@pytest.mark.slow
async def test_a_port_that_is_taken_costs_the_link_and_not_the_game(standin, tmp_path):
    guild = standin.create_guild("Players")
    channel, alice = guild.create_text_channel("telephone"), guild.add_member("alice")
    with socket.create_server(("127.0.0.1", 0)) as other:
        bot = await standin.run_bot(BOT, env=public(tmp_path, other.getsockname()[1]))
        claim = await taken(standin, channel, alice)
    assert links_of(claim) == []
    assert bot.log.count("no page to draw on") == 1
    assert "Traceback" not in bot.log
