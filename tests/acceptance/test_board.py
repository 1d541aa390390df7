"""Forty offline games over the article's ten prompts, on Discord: a board, insights and charts that hold water.

Played twice: measured by MiniLM alone, and by ImageBind too, on a real Cog server with a stand-in predictor.
"""

import asyncio
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import discord
import pytest
from PIL import Image

from telephone.domain.games import Game, GameState, Pair
from telephone.prompts.catalog import curated
from telephone.scoring.distance_model import FEWEST_PROMPTS, SETTLED, DistanceBoard, Score, merge, rank_by_distance
from telephone.store import Store
from tests.standin.loopback import Standin
from tests.standin.members import Member
from tests.standin.process import ROOT, environment
from tests.standin.records import Message
from tests.support.containers import IMAGEBIND, needs_cog, running

BOT = [sys.executable, "-m", "bot"]
PAIRS = [Pair(*names) for names in product(("stickers", "doodles"), ("spotter-sharp", "spotter-hazy"))]
TURNS = 3
PROMPTS = 10
GAMES = len(PAIRS) * PROMPTS
ROW = re.compile(
    r"- \*\*(?P<rank>\d+)\.\*\* (?P<pair>\S+ × \S+): "
    r"(?P<mid>\d\.\d\d) \((?P<low>-?\d\.\d\d) to (?P<high>\d\.\d\d)\), "
    rf"{PROMPTS} games on {PROMPTS} prompts(?P<provisional>, provisional)?; {PROMPTS} of {PROMPTS} finished \(100%\)"
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(1_200)]


async def test_forty_games_give_a_board_insights_and_charts(standin: Standin, tmp_path: Path):
    evening = Evening(standin, tmp_path)
    await evening.play({})
    await evening.shows("MiniLM, offline", "minilm", "MiniLM (offline)")


@needs_cog
async def test_the_same_through_imagebind_on_a_cog_server(standin: Standin, tmp_path: Path, imagebind: Path):
    evening = Evening(standin, tmp_path)
    await evening.play({"TELEPHONE_MODELS": str(imagebind)})
    await evening.shows("ImageBind", "imagebind", "ImageBind and MiniLM (offline)")
    other = (await evening.asks("leaderboard", embedder="minilm")).text
    assert other.startswith("### Pairs by distance, curated, MiniLM, offline\n")


@pytest.fixture
def imagebind(tmp_path: Path) -> Iterator[Path]:
    """A table of models in which ImageBind is a container of our own."""
    with running({"imagebind": IMAGEBIND}) as urls:
        table = tmp_path / "models.toml"
        table.write_text(
            '[imagebind]\nkind = "embedder"\nprovider = "cog"\nref = "stand-in"\nlabel = "ImageBind"\nkin = "clip"\n'
            f'url = "{urls["imagebind"]}"\noutput = "vector"\ndimensions = 1024\nlicence = "test"\n'
            'input = { modality = "$modality", text_input = "$text", input = "$image" }\n',
            encoding="utf-8",
        )
        yield table


class Evening:
    """A server on which forty games were played, and a member who asks what they come to."""

    def __init__(self, standin: Standin, folder: Path) -> None:
        self.standin, self.folder, self.data = standin, folder, folder / "data"
        self.guild = standin.create_guild("Players")
        self.channel = self.guild.create_text_channel("telephone")
        self.ada: Member = self.guild.add_member("ada", permissions=discord.Permissions(manage_guild=True))
        self.env: dict[str, str] = {}

    async def play(self, env: Mapping[str, str]) -> None:
        """Starts every game by its command, and waits until all are finished and measured."""
        self.env = {"TELEPHONE_DATA_DIR": str(self.data), **env}
        await self.standin.run_bot(BOT, env=self.env)
        await self.ada.slash(self.channel, "telephone-admin limits", parallel=3)
        for seed, (pair, prompt) in enumerate(product(PAIRS, curated()[:PROMPTS])):
            asked = {"prompt": prompt.slug, "t2i": pair.t2i, "i2t": pair.i2t, "turns": TURNS, "seed": seed}
            await self.ada.slash(self.channel, "telephone start", **asked)
        await self._finished()

    async def shows(self, title: str, embedder: str, judges: str) -> None:
        """Reads board, views, insights and terminal, holds them against the games, and keeps every chart."""
        games = await self._games()
        board = await self.asks("leaderboard")
        self._check_rows(board, title, _by_hand(games))
        _check_the_verdict(board, judges)
        await self._check_views(board, title)
        await self._check_insights(title)
        await self._check_the_terminal(board, embedder)
        await self._check_a_restart(board)

    async def asks(self, command: str, **options: Any) -> Message:
        answer = await self.ada.slash(self.channel, f"telephone {command}", **options)
        assert answer.ephemeral
        return await self._answered(answer.response.id)

    async def _answered(self, message_id: int, before: str = "") -> Message:
        """The answer once it is there, or is another than before; its charts are kept to be looked at."""

        def there() -> Message | None:
            mine = self.standin.messages(self.channel, viewer=self.ada)
            found = next(one for one in mine if one.id == message_id)
            return None if found.loading or not found.text or found.text == before else found

        message = await self.standin.until(there)
        for file in message.files:
            with Image.open(io.BytesIO(file.data)) as chart:
                assert chart.size == (1200, 675)
            charts = self.folder / "charts"
            charts.mkdir(exist_ok=True)
            (charts / f"{len(list(charts.iterdir())):02}-{file.name}").write_bytes(file.data)
            assert file.alt
        return message

    async def _turned(self, message: Message, value: str) -> Message:
        """The same message after another view was chosen in its first select."""
        select = next(part for part in message.parts if part["type"] == 3)
        await self.ada.select(message, [value], custom_id=select["custom_id"])
        return await self._answered(message.id, message.text)

    def _check_rows(self, board: Message, title: str, expected: DistanceBoard) -> None:
        assert board.text.startswith(f"### Pairs by distance, curated, {title}\n**"), board.text
        assert f"After turn {TURNS}. Less distance is better." in board.text
        assert "not measured" not in board.text
        found = list(ROW.finditer(board.text))
        assert len(found) == len(PAIRS), board.text
        by_pair = {str(row.pair): row for row in expected.rows}
        for row in found:
            own = by_pair[row["pair"]]
            shown = (float(row["mid"]), float(row["low"]), float(row["high"]))
            assert shown == pytest.approx((own.distance.estimate, own.distance.low, own.distance.high), abs=0.006)
            assert int(row["rank"]) == own.rank
            assert bool(row["provisional"]) == (own.distance.width >= SETTLED or PROMPTS < FEWEST_PROMPTS)
        assert [file.name for file in board.files] == ["distances.png"]

    async def _check_views(self, board: Message, title: str) -> None:
        turns = await self._turned(board, "turns")
        assert turns.text.startswith(f"### Distance turn by turn, curated, {title}\n- ")
        assert all(f"{pair}: turn 1 " in turns.text for pair in PAIRS)
        assert [file.name for file in turns.files] == ["turns.png"]
        levels = await self._turned(turns, "levels")
        assert re.findall(r"^\*\*(\w+)\*\*$", levels.text, re.M) == ["Easy", "Medium", "Hard", "Impossible"]
        assert [file.name for file in levels.files] == ["levels.png"]
        votes = await self._turned(levels, "votes")
        assert "Nobody has voted here yet." in votes.text

    async def _check_insights(self, title: str) -> None:
        answers = await self.asks("insights")
        assert title in answers.text.splitlines()[0]
        assert [line.partition(":")[0] for line in answers.text.splitlines()[1:4]] == [
            "- Best T2I",
            "- Best I2T",
            "- Matters more",
        ]
        assert f"Among these 2 T2I and 2 I2T, on {PROMPTS} prompts, {GAMES} games" in answers.text
        assert answers.files
        for view in ("turns", "levels", "prompts"):
            answers = await self._turned(answers, view)
            assert answers.files, view

    async def _check_the_terminal(self, board: Message, embedder: str) -> None:
        """The same answers from the same functions."""
        found = await self._terminal("leaderboard")
        assert (found["embedder"]["name"], found["turns"], found["unmeasured"]) == (embedder, TURNS, 0)
        assert [f"{pair['t2i']} × {pair['i2t']}" for pair in found["pairs"]] == [
            row["pair"] for row in ROW.finditer(board.text)
        ]
        assert {pair["n"] for pair in found["pairs"]} == {PROMPTS}
        answers = await self._terminal("insights")
        assert answers["effects"]["t2i"]["theta2"] is not None

    async def _terminal(self, command: str) -> dict[str, Any]:
        arguments = [sys.executable, "-m", "telephone", command, "--server", str(self.guild.id), "--json"]
        process = await asyncio.create_subprocess_exec(
            *arguments, cwd=ROOT, env=environment(self.env), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        assert process.returncode == 0
        return json.loads(said)

    async def _check_a_restart(self, board: Message) -> None:
        """A board from before a kill -9 still turns, and can be shared."""
        (bot,) = self.standin.bots
        bot.kill()
        await bot.ended()
        await bot.restart()
        now = next(one for one in self.standin.messages(self.channel, viewer=self.ada) if one.id == board.id)
        again = await self._turned(now, "distance")
        assert list(map(str, ROW.findall(again.text))) == list(map(str, ROW.findall(board.text)))
        before = {message.id for message in self.standin.messages(self.channel)}
        await self.asks("leaderboard", share=True)
        (posted,) = [one for one in self.standin.messages(self.channel) if one.id not in before]
        assert posted.text == again.text
        assert [file.name for file in posted.files] == ["distances.png"]

    async def _finished(self) -> None:
        """Until every game has ended, its summary stands in its thread, and nothing is measured any more."""
        cards = lambda: [one.text for one in self.standin.messages(self.channel)]  # noqa: E731
        await self.standin.until(lambda: sum("finished" in text for text in cards()) == GAMES)
        await self._games()

    async def _games(self) -> list[Game]:
        """All games, once they are measured by the embedder in use."""
        async with (
            await Store.open(f"sqlite:///{self.data / 'telephone.sqlite'}") as store,
            asyncio.timeout(self.standin.patience),
        ):
            while True:
                games = await store.games.recent(self.guild.id, limit=GAMES + 1)
                assert {game.state for game in games} == {GameState.FINISHED}
                wanted = "imagebind" if "TELEPHONE_MODELS" in self.env else "minilm"
                if {game.embedder for game in games} == {wanted}:
                    assert len(games) == GAMES
                    return games
                await asyncio.sleep(0.5)


def _by_hand(games: list[Game]) -> DistanceBoard:
    """The board from the games themselves, without the store's sums."""
    scores = [
        Score(game.pair, game.request.prompt.slug or "", game.request.seed, game.turns[-1].distance or 0.0)
        for game in games
    ]
    return rank_by_distance(merge(scores))


def _check_the_verdict(board: Message, judges: str) -> None:
    """Somebody has won only who stands alone at rank 1 and is not provisional."""
    said = board.text.splitlines()[1]
    first = [row for row in ROW.finditer(board.text) if row["rank"] == "1"]
    if said.startswith("**Nobody has won: "):
        assert len(said) > len("**Nobody has won: .**")
    else:
        (row,) = first
        assert said == f"**{row['pair']} has won, by {judges}.**"
        assert not row["provisional"]
    if len(first) > 1 or first[0]["provisional"]:
        assert said.startswith("**Nobody has won: ")
