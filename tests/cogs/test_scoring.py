"""Boards as members ask for them, read them, turn their pages and share them, with the real boards behind it."""

import itertools

import discord
import numpy as np
import pytest

from bot.app import TelephoneApp
from bot.interactions.sharing import NOT_POSTED
from bot.ui import wording
from telephone.domain.calibration import Calibration, Quartiles
from telephone.domain.games import GameState, Level, Pair, Prompt
from telephone.leaderboards.service import Judge, LeaderboardService
from telephone.scoring.ballots import BallotVote, tally
from telephone.store import Store
from tests.cogs.fakes import MemoryApp, MemoryRuntime
from tests.support.played import asked, begun, finished
from tests.support.shown import files

pytestmark = pytest.mark.slow

IMAGEBIND = Judge("imagebind", "1", "ImageBind", frozenset({"cousin"}))
MINILM = Judge("minilm", "1", "MiniLM (offline)")
BOARD = "telephone leaderboard"
PROMPTS = [Prompt(f"scene {n}", level, f"#{level}-00{n}") for n, level in enumerate((*list(Level)[:3], Level.EASY))]
FOUR = [Pair(t2i, i2t) for t2i in ("cousin", "painter") for i2t in ("sharp", "hazy")]
MANY = [Pair(f"artist-{n}", f"critic-{m}") for n in range(4) for m in range(3)]


class Box:
    """Votes that were counted already."""

    def __init__(self):
        self.votes = []

    async def ballots(self, pool, *, unflagged=False):
        return tally(self.votes) if self.votes else None

    async def marker(self, guild_id):
        return len(self.votes)


@pytest.fixture(autouse=True)
def patience(simcord_env):
    """Boards are calculated while a press is waited for, on machines that may have much else to do."""
    simcord_env.settle_timeout = 60


@pytest.fixture
def box():
    return Box()


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture
async def runtime(store, box):
    return MemoryRuntime(MemoryApp(boards=LeaderboardService(store, (IMAGEBIND, MINILM), ballots=box)))


async def play(server, store, pairs=FOUR, prompts=PROMPTS, *, turns=2, **more):
    """One game of every pair on every prompt; each pair is a little farther off than the one before."""
    rng = np.random.default_rng(5)
    for (n, pair), prompt in itertools.product(enumerate(pairs), prompts):
        shares = np.linspace(0.7, 1.0, turns)
        values = {
            name: [float(v) for v in (0.3 + 0.1 * n) * shares + rng.normal(0, 0.01, turns)]
            for name in ("imagebind", "minilm")
        }
        await finished(store, asked(server.guild.id, pair, prompt, 1, turns, **more), values)


def newest(server, who):
    """The answer that this member has before them."""
    return [one for one in server.channel.history(viewer=who) if one.flags.ephemeral][-1]


def items(message, kind):
    message = getattr(message, "message", message)
    view = discord.ui.LayoutView.from_message(message)
    return [item for item in view.walk_children() if isinstance(item, kind)]


def words(message) -> str:
    return "\n".join(item.content for item in items(message, discord.ui.TextDisplay))


def rows(message) -> list[str]:
    return [line for line in words(message).splitlines() if line.startswith("- ")]


def select(message) -> str:
    return items(message, discord.ui.Select)[0].custom_id


async def choose(server, who, message, value):
    message = getattr(message, "message", message)
    await who.select(message, [value], custom_id=select(message))


async def test_a_board_is_ephemeral_and_says_who_how_far_how_sure_and_how_many(server, store):
    await play(server, store)
    await begun(store, asked(server.guild.id, FOUR[0], PROMPTS[0], 9, 2), GameState.FAILED)
    answer = await server.alice.slash(server.channel, BOARD)
    assert answer.ephemeral
    text = words(answer.response)
    assert text.startswith(
        "### Pairs by distance, curated, ImageBind\n**cousin × sharp has won, by ImageBind and MiniLM"
    )
    assert "After turn 2. Less distance is better. In brackets: 95% intervals." in text
    assert len(rows(answer.response)) == 4
    first = rows(answer.response)[0]
    assert first.startswith("- **1.** cousin × sharp †: 0.")
    assert first.endswith("4 games on 4 prompts; 4 of 5 finished (80%): 1 failed")
    assert "† kin of ImageBind, which may please it: cousin." in text
    assert "Distances understand English only." in text
    assert [file.filename for file in files(answer.response)] == ["distances.png"]
    (gallery,) = items(answer.response, discord.ui.MediaGallery)
    assert gallery.items[0].description.startswith("Chart of intervals, 4 rows: Distance after turn 2, ImageBind")


async def test_an_empty_server_is_told_what_to_do(server):
    answer = await server.alice.slash(server.channel, BOARD)
    text = words(answer.response)
    assert "No game on a curated prompt has got to turn 10 here yet. `/telephone start` with a `level`" in text
    assert files(answer.response) == []
    votes = await server.alice.slash(server.channel, BOARD, by="votes")
    assert "Nobody has voted here yet. `/telephone battle` sets pairs against each other" in words(votes.response)
    designed = await server.alice.slash(server.channel, BOARD, games="designed", level="hard")
    assert "No battle or tournament on a curated hard prompt has ended here yet." in words(designed.response)


async def test_free_prompts_and_levels_are_boards_of_their_own(server, store):
    await play(server, store)
    await play(server, store, list(reversed(FOUR)), [Prompt(f"typed {n}") for n in range(4)])
    free = await server.alice.slash(server.channel, BOARD, prompts="free")
    assert words(free.response).startswith(
        "### Pairs by distance, free, ImageBind\n**Nobody has won: free prompts decide nothing"
    )
    assert rows(free.response)[0].startswith("- **1.** painter × hazy: ")
    easy = await server.alice.slash(server.channel, BOARD, level="easy", embedder="minilm", turns=1)
    assert words(easy.response).startswith("### Pairs by distance, curated, easy, MiniLM, offline\n")
    assert "2 games on 2 prompts, provisional" in rows(easy.response)[0]
    assert "Provisional: on fewer than 3 prompts" in words(easy.response)


async def test_games_without_a_distance_are_counted_and_rescore_is_named(server, store):
    await play(server, store, prompts=PROMPTS[:1])
    await finished(store, asked(server.guild.id, FOUR[0], PROMPTS[1], 1, 2), [0.2, 0.3])
    answer = await server.alice.slash(server.channel, BOARD)
    assert "-# 1 game is not measured with ImageBind yet; /telephone-admin rescore does that." in words(answer.response)


async def test_a_long_board_has_pages_that_turn_where_they_stand_even_after_a_restart(server, store, runtime):
    await play(server, store, MANY, PROMPTS[:3])
    first = await server.alice.slash(server.channel, BOARD)
    assert "(page 1 of 2)" in words(first.response)
    assert len(rows(first.response)) == 10
    assert {one.label: one.disabled for one in items(first.response, discord.ui.Button)} == {
        "Previous": True,
        "Next": False,
    }

    async def open_runtime(_surfaces):
        return runtime

    bot = TelephoneApp(open_runtime, shard_count=1)
    await server.env.restart_bot(bot)
    await server.alice.click(first.response, label="Next")
    second = newest(server, server.alice)
    assert second.id == first.response.id
    assert "(page 2 of 2)" in words(second)
    assert [line.split(":")[0] for line in rows(second)] == [
        "- **11.** artist-3 × critic-1",
        "- **12.** artist-3 × critic-2",
    ]
    assert [one.disabled for one in items(second, discord.ui.Button)] == [False, True]
    (gallery,) = items(second, discord.ui.MediaGallery)
    assert "3 rows" in gallery.items[0].description
    assert "Best: artist-0 by critic-0" in gallery.items[0].description.replace("×", "by")
    await server.alice.click(second, label="Previous")
    assert "(page 1 of 2)" in words(newest(server, server.alice))
    await bot.close()


async def test_the_select_turns_a_board_into_its_other_views(server, store):
    await play(server, store, turns=3)
    quartiles = Quartiles(0.8, 0.9, 1.0), Quartiles(0.1, 0.15, 0.2)
    server.app.pairs.calibrations["imagebind"] = Calibration(
        "imagebind", *quartiles, 0.3, "redraws of this server", 10, 40
    )
    shown = (await server.alice.slash(server.channel, BOARD, level="easy")).response
    await choose(server, server.alice, shown, "turns")
    turns = newest(server, server.alice)
    assert words(turns).startswith("### Distance turn by turn, curated, easy, ImageBind\n- cousin × sharp: turn 1 0.")
    assert [file.filename for file in files(turns)] == ["turns.png"]
    assert (
        "Unrelated prompts are 0.90 (0.80 to 1.00) apart"
        in items(turns, discord.ui.MediaGallery)[0].items[0].description
    )
    await choose(server, server.alice, turns, "levels")
    levels = newest(server, server.alice)
    assert [line for line in words(levels).splitlines() if line.startswith("**")] == [
        "**Easy**",
        "**Medium**",
        "**Hard**",
    ]
    assert [file.filename for file in files(levels)] == ["levels.png"]
    assert len(rows(levels)) == 12
    await choose(server, server.alice, levels, "distance")
    assert words(newest(server, server.alice)).startswith("### Pairs by distance, curated, easy, ImageBind\n")
    await choose(server, server.alice, newest(server, server.alice), "votes")
    assert "Nobody has voted here yet" in words(newest(server, server.alice))


async def test_both_boards_stand_side_by_side_with_a_chart_each(server, store, box):
    await play(server, store)
    # The later of two pairs is preferred three times in four, on either button.
    box.votes = [
        BallotVote(
            pair if b % 2 else pair[::-1], int((v % 4 > 0) == (b % 2 > 0)), f"v{b} {v}", f"{pair} {b}", f"p{b % 4}"
        )
        for pair, b, v in itertools.product(itertools.combinations(FOUR, 2), range(12), range(8))
    ]
    answer = await server.alice.slash(server.channel, BOARD, by="both")
    first, *_, last = rows(answer.response)
    assert first.startswith("- **1.** cousin × sharp †: distance 0.")
    assert ", rank 1, 4 games on 4 prompts; votes " in first
    assert ", rank 4, 288 votes in 36 battles on 4 prompts; 4 of 4 finished (100%)" in first
    assert ", rank 1, 288 votes" in last
    text = words(answer.response)
    assert "**Nobody has won: distances say cousin × sharp, votes say painter × hazy.**" in text
    assert "the two are never added up" in text
    assert "The two agree on the order of 4 pairs by τ = -1.00 (-1.00 to " in text
    assert [file.filename for file in files(answer.response)] == ["distances.png", "votes.png"]
    votes = await server.alice.slash(server.channel, BOARD, by="votes")
    assert rows(votes.response)[0].startswith("- **1.** painter × hazy: 1,")
    assert "English" not in words(votes.response)


async def test_a_shared_board_is_posted_once_and_its_buttons_answer_each_member_alone(server, store):
    await play(server, store)
    answer = await server.alice.slash(server.channel, BOARD, share=True)
    (posted,) = [one for one in server.channel.history() if not one.flags.ephemeral]
    link = f"https://discord.com/channels/{server.guild.id}/{server.channel.id}/{posted.id}"
    assert answer.response.content == f"The board is here: {link}"
    assert answer.ephemeral
    assert files(posted)[0].filename == "distances.png"
    before = words(posted)
    await choose(server, server.bob, posted, "levels")
    assert words(newest(server, server.bob)).startswith("### Distance level by level")
    (still,) = [one for one in server.channel.history() if not one.flags.ephemeral]
    assert words(still) == before


async def test_a_board_is_not_shared_where_the_bot_may_not_post(server, store):
    me = server.guild.me
    shut = server.guild.create_text_channel("shut", overwrites={me: discord.PermissionOverwrite(attach_files=False)})
    answer = await server.alice.slash(shut, BOARD, share=True)
    assert answer.response.content == NOT_POSTED
    assert server.refusals() == ["NotAllowed"]


async def test_an_embedder_that_measured_nothing_is_refused_with_those_that_did(server, store):
    await play(server, store, prompts=PROMPTS[:1])
    answer = await server.alice.slash(server.channel, BOARD, embedder="paper")
    assert answer.response.content == "No game here is measured with 'paper'; choose one of: imagebind, minilm."
    assert server.refusals() == ["NotFound"]
    offered = await server.alice.autocomplete(server.channel, BOARD, "embedder", "mini")
    assert [one["value"] for one in offered] == ["minilm"]


async def test_a_fault_behind_a_button_is_told_beside_the_board_which_stays(server, store, runtime):
    await play(server, store)
    shown = (await server.alice.slash(server.channel, BOARD)).response
    runtime.app.boards = None
    await choose(server, server.alice, shown, "turns")
    said = newest(server, server.alice)
    assert said.content.startswith(wording.BROKEN)
    assert said.id != shown.id
    assert len(rows(shown)) == 4


async def test_a_board_takes_the_place_of_the_word_that_the_store_is_slow(server, store):
    await play(server, store)
    server.app.interactions.slow = True
    answer = await server.alice.slash(server.channel, BOARD)
    assert answer.ephemeral
    assert answer.response.content == ""
    assert words(answer.response).startswith("### Pairs by distance")
