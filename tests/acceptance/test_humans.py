"""Members play sealed games and parties on Discord to the reveal: by forms, uploads and the page, with kill -9 in
between."""

import asyncio
import io
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest
from PIL import Image as pil
from playwright.sync_api import sync_playwright

from telephone.domain.games import Game, GameState
from telephone.store import Store
from tests.bot.demo.visitor import ARGUMENTS, CHROMIUM
from tests.standin.loopback import Standin
from tests.standin.members import Interaction, Member
from tests.standin.process import BotProcess
from tests.standin.records import Message
from tests.telephone.web.drawing.studio import free_port

pytestmark = pytest.mark.long

BOT = [sys.executable, "-m", "bot"]
NAMES = ("ada", "bo", "cy", "di", "eve", "fay")
PROMPTS = ("a snail in a library", "two robots at the sea", "a very small opera")
SAID = (
    "a red apple beside a cat",
    "a cat looks at an apple",
    "two animals and a fruit",
    "a farm in the evening",
    "a house under the moon",
)


class Table:
    """A server with six members and a bot that can be killed."""

    def __init__(self, standin: Standin, folder: Path, bot: BotProcess) -> None:
        self.standin, self.folder, self.bot = standin, folder, bot
        self.guild = standin.create_guild("Players")
        self.channel = self.guild.create_text_channel("telephone")
        manages = discord.Permissions(manage_guild=True)
        self.members = [self.guild.add_member(name, permissions=manages if name == "ada" else None) for name in NAMES]

    async def shown(self, words: str) -> Message:
        """The newest message, in the channel or a thread, that says so."""

        def find() -> Message | None:
            threads = self.standin.threads(self.channel)
            rooms = [self.channel, *(thread.id for thread in threads)]
            found = [one for room in rooms for one in self.standin.messages(room) if words in one.text]
            return max(found, key=lambda one: one.id, default=None)

        return await self.standin.until(find)

    async def claim(self, member: Member, invitation: Message) -> Interaction:
        pressed = await member.click(invitation, label="Take this turn")
        await self.standin.until(lambda: pressed.response and not pressed.response.loading)
        return pressed

    async def caption(self, member: Member, invitation: Message, text: str, *, killed: bool = False) -> None:
        """Takes a turn and fills in its form; `killed` between the form and its answer."""
        claim = await self.claim(member, invitation)
        form = await member.click(claim.response, label="Write caption")
        if killed:
            await self.kill()
        await self.submit(member, form, {"caption": text})

    async def submit(self, member: Member, form: Interaction, values: dict[str, object]) -> None:
        sent = await member.submit(form, values)
        await self.standin.until(lambda: sent.response and not sent.response.loading)
        assert sent.response.text.startswith("Thank you"), sent.response.text

    async def press(self, member: Member, message: Message, label: str) -> Interaction:
        """Presses a button and waits for what only the member is told."""
        return await self.answered(await member.click(message, label=label))

    async def answered(self, pressed: Interaction, words: str = "") -> Interaction:
        await self.standin.until(lambda: pressed.response and not pressed.response.loading)
        assert pressed.response.text.startswith(words), pressed.response.text
        return pressed

    async def plays_at_party(self, member: Member, call: Message, round_: int, *, killed: bool = False) -> None:
        """Takes and answers a member's turn of a round; `killed` between the form and its answer."""
        turn = await self.answered(await member.click(call, label="Show me mine"), "Only you see this")
        draws = round_ % 2 == 1
        form = await member.click(turn.response, label="Upload" if draws else "Write caption")
        if killed:
            await self.kill()
        colour = 40 * round_, 50 * self.members.index(member), 90
        said = f"{member.name} sees something in round {round_}"
        await self.submit(member, form, {"drawing": [("me.png", _picture(colour))]} if draws else {"caption": said})

    async def kill(self) -> None:
        self.bot.kill()
        await self.bot.ended()
        await self.bot.restart()

    async def game(self, number: int) -> Game:
        async with await Store.open(f"sqlite:///{self.folder / 'telephone.sqlite'}") as store:
            return await store.games.by_number(self.guild.id, number)


async def table(standin: Standin, folder: Path, **env: str) -> Table:
    return Table(standin, folder, await standin.run_bot(BOT, env={"TELEPHONE_DATA_DIR": str(folder), **env}))


@pytest.mark.timeout(400)
async def test_a_sealed_game_of_five_turns_with_six_members_is_played_to_the_reveal(standin: Standin, tmp_path: Path):
    here = await table(standin, tmp_path)
    ada, *others = here.members
    await ada.slash(here.channel, "telephone-admin limits", claim_minutes=3, seat_minutes=30)
    await ada.slash(
        here.channel, "telephone start", prompt="#easy-002", t2i="stickers", i2t="human", turns=5, sealed=True, seed=3
    )
    for turn, (member, words) in enumerate(zip(others, SAID, strict=True), 1):
        invitation = await here.shown(f"### Turn {turn}: write a caption")
        assert "First to press gets 3 min and sees one picture" in invitation.text
        if turn == 2:  # lets the claim expire, while the bot is down, and takes the same turn again
            await here.claim(member, invitation)
            await here.shown("### Turn 2: a member is at the caption")
            here.bot.kill()
            await here.bot.ended()
            _let_the_claim_run_out(tmp_path)
            await here.bot.restart()
            invitation = await here.shown("### Turn 2: write a caption")
        await here.caption(member, invitation, words, killed=turn == 4)
    await here.shown("**Turn 2 of 5, picture**")
    await here.kill()  # in the middle of the reveal
    await here.shown("prompt to last caption")
    await here.shown("### #1 finished")

    game = await here.game(1)
    assert [turn.caption.text for turn in game.turns] == list(SAID)
    assert {turn.caption.player for turn in game.turns} == {"human"}
    assert not game.stand_ins
    thread = standin.messages(standin.threads(here.channel)[0].id)
    _check_the_reveal([one for one in thread if "### Turn" not in one.text], 5)
    invitations = [one.text.splitlines()[0] for one in thread if "### Turn" in one.text]
    assert invitations == [f"### Turn {turn}: the caption is there" for turn in range(1, 6)]


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM} on this machine")
@pytest.mark.timeout(400)
async def test_members_draw_on_the_page_and_upload_and_no_model_plays(standin: Standin, tmp_path: Path):
    port = free_port()
    published = {"TELEPHONE_HTTP_PORT": str(port), "TELEPHONE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    here = await table(standin, tmp_path, **published)
    ada, bo, cy, di, *_ = here.members
    await ada.slash(
        here.channel, "telephone start", prompt="a kite over the sea", t2i="human", i2t="human", turns=2, sealed=True
    )
    claim = await here.claim(ada, await here.shown("### Turn 1: draw a picture"))
    assert "> a kite over the sea" in claim.response.text
    [link] = [part["url"] for part in claim.response.parts if part.get("label") == "Draw in browser"]
    await here.kill()  # the link outlives the process that signed it
    await asyncio.to_thread(_draw_in_browser, link)
    await here.caption(bo, await here.shown("### Turn 1: write a caption"), SAID[0])
    claim = await here.claim(cy, await here.shown("### Turn 2: draw a picture"))
    assert f"> {SAID[0]}" in claim.response.text
    form = await cy.click(claim.response, label="Upload")
    await here.submit(cy, form, {"drawing": [("holiday.png", _picture())]})
    await here.caption(di, await here.shown("### Turn 2: write a caption"), SAID[1])
    await here.shown("prompt to last caption")
    game = await here.game(1)
    assert (game.state, {step.player for step in game.steps}) == (GameState.FINISHED, {"human"})
    thread = standin.messages(standin.threads(here.channel)[0].id)
    _check_the_reveal([one for one in thread if "### Turn" not in one.text], 2)


@pytest.mark.timeout(400)
async def test_a_party_of_four_over_four_rounds_one_leaving_ends_with_four_albums(standin: Standin, tmp_path: Path):
    here = await table(standin, tmp_path)
    ada, bo, cy, di, eve, _ = here.members
    await ada.slash(here.channel, "telephone party", players=5, rounds=4, stand_in="doodles")
    card = await here.shown("### Party 1: who joins in?")
    for member in (bo, cy):
        await here.press(member, card, "Join")
    await here.kill()  # while members join
    await here.press(di, card, "Join")
    await here.press(ada, await here.shown("4 of 5 places are taken"), "Begin now")
    call = await here.shown("### Bring a prompt")
    form = await bo.click(call, label="Bring a prompt")
    await here.kill()  # while prompts are collected, and between a form and its answer
    await here.answered(await bo.submit(form, {"prompt": PROMPTS[1]}), "Your album begins with this")
    for member, prompt in zip((ada, cy), PROMPTS[::2], strict=False):
        form = await member.click(call, label="Bring a prompt")
        await here.answered(await member.submit(form, {"prompt": prompt}), "Your album begins with this")
    await here.press(di, call, "Give me one")
    for round_, todo in enumerate(("draw", "describe", "draw", "describe"), 1):
        call = await here.shown(f"### Round {round_} of 4: {todo}")
        if round_ == 2:
            await here.press(di, call, "Leave")
            await here.answered(await eve.click(call, label="Show me mine"), "You are not one of this party")
        for member in (ada, bo, cy, *([di] if round_ == 1 else [])):
            await here.plays_at_party(member, call, round_, killed=(round_, member) in [(1, bo), (3, cy)])
        if round_ == 3:
            await here.kill()  # between two rounds
    await here.shown("### Album 2 of 4")
    await here.kill()  # in the middle of the reveal
    await here.shown("### Party 1 is over")
    await _check_four_albums(here)


async def _check_four_albums(here: Table) -> None:
    """Each album once, whole and in order, with its replay; the leaver's turns by models that are named as such."""
    [thread] = here.standin.threads(here.channel)
    messages = here.standin.messages(thread.id)
    titles = [one.text.splitlines()[0] for one in messages]
    assert [title[:7] for title in titles].count("### Rou") == 4
    reveal = titles[titles.index(next(one for one in titles if one.startswith("### Album 1 of 4"))) :]
    kinds = [f"**Turn {turn} of 2, {kind}**" for turn in (1, 2) for kind in ("picture", "caption")]
    for number in range(1, 5):
        album, reveal = reveal[:8], reveal[8:]
        assert album[0] == f"### Album {number} of 4, game #{number}"
        assert album[1].startswith("**The prompt**")
        assert [title.partition(" by ")[0] for title in album[2:6]] == kinds
        assert album[6].startswith(f"### #{number}: from ")
        assert album[7].startswith(f"**Replay** of album {number}")
    assert reveal == ["### Awards of party 1"]
    games = [await here.game(number) for number in range(1, 5)]
    players = [step.player for game in games for step in game.steps]
    assert {game.state for game in games} == {GameState.FINISHED}
    assert (players.count("human"), players.count("doodles"), len(players)) == (13, 1, 16)
    assert {game.request.prompt.text for game in games} > set(PROMPTS)
    assert sum(", stand-in for a member" in title for title in titles) == 3


def _check_the_reveal(messages: Sequence[Message], turns: int) -> None:
    """The prompt, the line as replies each to the one before, and the summary, each of them once."""
    opening, *line, summary = messages
    assert opening.text.startswith("**The prompt**")
    kinds = ("picture", "caption")
    assert [one.text.splitlines()[0].partition(" by ")[0] for one in line] == [
        f"**Turn {turn} of {turns}, {kind}**" for turn in range(1, turns + 1) for kind in kinds
    ]
    assert [one.reply_to for one in line] == [one.id for one in messages[: len(line)]]
    assert "prompt to last caption" in summary.text


def _let_the_claim_run_out(folder: Path) -> None:
    moment = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None).isoformat(sep=" ")
    with closing(sqlite3.connect(folder / "telephone.sqlite")) as database, database:
        database.execute("UPDATE seat SET claim_expires_at = ? WHERE state = 'claimed'", (moment,))


def _draw_in_browser(link: str) -> None:
    """One line from corner to corner, handed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page()
        page.goto(link)
        page.locator("#clock:not(:empty)").wait_for()
        box = page.locator("#paper").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 40, box["y"] + box["height"] - 40, steps=8)
        page.mouse.up()
        page.get_by_role("button", name="Hand in").click()
        page.locator("#sure").click()
        page.get_by_text("Your drawing is in.").first.wait_for()
        browser.close()


def _picture(colour: tuple[int, int, int] = (20, 120, 200)) -> bytes:
    file = io.BytesIO()
    pil.new("RGB", (320, 240), colour).save(file, "PNG")
    return file.getvalue()
