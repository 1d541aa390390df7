"""One pair as members ask for it, and as the select under a board opens it, also after a restart."""

import re

import discord
import pytest

from bot.app import TelephoneApp
from bot.leaderboards import pair_messages
from bot.ui import wording
from telephone.domain.budgets import Caps
from telephone.domain.games import Level, Pair, Prompt
from telephone.leaderboards.board import BoardRequest
from telephone.leaderboards.pair_report import PairReports
from telephone.leaderboards.service import Judge, LeaderboardService
from telephone.measurement.calibration import Calibrations
from telephone.measurement.distances import GameMeasurer
from telephone.measurement.embedding_cache import CachedEmbedder
from telephone.media.images import Pictures
from telephone.models.registry import Registry
from telephone.store import Store
from tests.cogs.fakes import MemoryApp, MemoryRuntime
from tests.cogs.test_scoring import items, newest, words
from tests.support.embedders import LetterEmbedder
from tests.support.played import asked, finished
from tests.support.shown import files

pytestmark = pytest.mark.slow

PAIR, OTHER = Pair("painter", "critic"), Pair("doodler", "critic")
PROMPTS = [Prompt(f"scene {n}", Level.EASY if n % 2 else Level.HARD, f"#p-{n}") for n in range(6)]


@pytest.fixture(autouse=True)
def patience(simcord_env):
    simcord_env.settle_timeout = 60


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture
async def runtime(store, tmp_path):
    letters = CachedEmbedder(store, Pictures.at(f"file://{tmp_path}"), LetterEmbedder())
    measure = GameMeasurer({"letters": letters}, "letters", "letters")
    kept = PairReports(store, measure, Calibrations(store, measure, Caps()), Registry.load(["offline"]))
    boards = LeaderboardService(store, (Judge("letters", "1", "Letters"),))
    return MemoryRuntime(MemoryApp(boards=boards, pairs=kept))


async def play(server, store, pair=PAIR, base=0.3):
    for n, prompt in enumerate(PROMPTS):
        distances = [base + 0.01 * n + 0.02 * turn for turn in range(5)]
        await finished(store, asked(server.guild.id, pair, prompt, 1, 5), {"letters": distances})


async def test_a_pair_is_told_with_its_chart(server, store):
    await play(server, store)
    answer = await server.alice.slash(server.channel, "telephone pair", t2i="painter", i2t="critic")
    assert answer.ephemeral
    text = words(answer.response)
    assert text.startswith(
        "### painter × critic, letters\n- 6 games of 5 turns on 6 prompts.\n- At turn 5 its captions"
    )
    for beginning in ("- Mean Cumulative Drift, a similarity", "- Decay: ", "- Rest: ", "- Blame: letters sees no"):
        assert beginning in text
    assert [file.filename for file in files(answer.response)] == ["pair.png"]
    (gallery,) = items(answer.response, discord.ui.MediaGallery)
    assert gallery.items[0].description.startswith(
        "Line chart of the distance from the prompt by turn, 1 pair, 5 turns"
    )
    assert "Unrelated prompts are" in gallery.items[0].description


async def test_a_level_is_a_pair_of_its_own_and_a_pair_without_games_says_what_to_do(server, store):
    await play(server, store)
    hard = await server.alice.slash(server.channel, "telephone pair", t2i="painter", i2t="critic", level="hard")
    assert words(hard.response).startswith(
        "### painter × critic, hard, letters\n- 3 games of 5 turns on 3 hard prompts"
    )
    none = await server.alice.slash(server.channel, "telephone pair", t2i="painter", i2t="nobody")
    assert "No game of this pair on a curated prompt is measured here yet; /telephone start" in words(none.response)
    assert files(none.response) == []
    wrong = await server.alice.slash(server.channel, "telephone pair", t2i="painter", i2t="critic", embedder="abacus")
    assert "No embedder called 'abacus' is ready here" in wrong.response.content
    assert server.refusals() == ["NotFound"]


async def test_the_select_under_a_board_opens_a_pair_for_whoever_chose_it_even_after_a_restart(server, store, runtime):
    await play(server, store)
    await play(server, store, OTHER, base=0.5)
    board = await server.alice.slash(server.channel, "telephone leaderboard", turns=5)

    async def open_runtime(_surfaces):
        return runtime

    await server.env.restart_bot(TelephoneApp(open_runtime, shard_count=1))
    choice = items(board.response, discord.ui.Select)[-1]
    assert [option.label for option in choice.options] == ["painter × critic", "doodler × critic"]
    message = getattr(board.response, "message", board.response)
    await server.alice.select(message, ["doodler/critic"], custom_id=choice.custom_id)
    assert words(newest(server, server.alice)).startswith("### doodler × critic, letters")
    assert words(board.response).startswith("### Pairs by distance"), "the board stands where it stood"


@pytest.mark.parametrize(
    ("board", "pool"),
    [
        (BoardRequest(7), (None, False, False, None)),
        (BoardRequest(7, level=Level.HARD, games="designed"), (Level.HARD, False, True, None)),
        (BoardRequest(7, prompts="free", embedder="imagebind"), (None, True, False, "imagebind")),
    ],
)
def test_a_select_carries_what_its_board_was_asked_for(board, pool):
    name = pair_messages.choice(board, [PAIR]).custom_id
    said = re.fullmatch(f"at1:pair:{pair_messages.ASKED}", name)
    found = pair_messages.asked(said, "painter/critic", 7)
    assert (found.pair, found.guild_id) == (PAIR, 7)
    assert (found.level, found.free, found.designed, found.embedder) == pool
    with pytest.raises(Exception, match=wording.OLD_BOARD[:20]):
        pair_messages.asked(said, "painter", 7)


def test_a_select_of_the_longest_names_fits():
    longest = Pair("t" * 32, "i" * 32)
    choice = pair_messages.choice(BoardRequest(7, embedder="e" * 32), [longest] * 30)
    assert len(choice.custom_id) <= 100
    assert len(choice.options) == 25
    assert all(len(option.label) <= 100 and len(option.value) <= 100 for option in choice.options)
