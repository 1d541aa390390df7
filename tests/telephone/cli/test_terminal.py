"""What a player in a terminal sees while the game is played."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from telephone.cli.terminal import TerminalPresenter
from telephone.domain.games import GameRequest, Kind, Pair, Prompt, Step, StepKey
from telephone.media.images import verify
from telephone.ports.games import Delay, Progress
from telephone.store import Store
from tests.support.pictures import paint

IMAGE = verify(paint("a fox"))


@pytest.fixture
async def game(tmp_path):
    request = GameRequest(Prompt("a fox mends a clock"), Pair("stickers", "spotter-sharp"), turns=2, seed=1, guild_id=0)
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield await store.games.add(request)


def shown_in(folder):
    """A presenter that writes to `folder`, and what it prints."""
    printed = io.StringIO()
    presenter = TerminalPresenter(Console(file=printed, width=200), folder)
    return replace(presenter, _since=presenter._since.min.replace(tzinfo=presenter._since.tzinfo)), printed


async def test_every_picture_lies_in_the_folder_as_soon_as_it_is_drawn(game, tmp_path):
    presenter, printed = shown_in(tmp_path)
    for turn in (1, 2):
        await presenter.post_step(game, Step(StepKey(turn, Kind.PICTURE), "stickers", seed=1), IMAGE, None)
        assert (tmp_path / f"turn-{turn:02}.png").read_bytes() == IMAGE.data
    assert printed.getvalue() == f"The first picture lies in {tmp_path / 'turn-01.png'}\n"


async def test_a_folder_that_cannot_be_written_does_not_stop_the_game(game, tmp_path):
    presenter, printed = shown_in(tmp_path / "missing")
    await presenter.post_step(game, Step(StepKey(1, Kind.PICTURE), "stickers", seed=1), IMAGE, None)
    assert printed.getvalue() == ""


async def test_a_disk_that_is_full_is_told_once_an_outage_with_what_to_do(game, tmp_path):
    presenter, printed = shown_in(tmp_path)
    await presenter.post_opening(game, None)
    try:
        for delay in (None, Delay.OUTAGE, Delay.OUTAGE, None, Delay.OUTAGE):
            await presenter.edit_card(game, Progress(delay=delay))
    finally:
        presenter.close()
    told = [line for line in printed.getvalue().splitlines() if "cannot" in line or "can be written" in line]
    assert len(told) == 2, "there were two outages"
    assert told[0].startswith(f"Nothing can be written in {tmp_path} just now. Make room on its disk")
    assert told[0].endswith("the game keeps what was played, waits, and goes on by itself.")
