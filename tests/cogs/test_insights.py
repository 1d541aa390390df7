"""The three answers as members ask for them, turn them over and share them, with the real questions behind them."""

import discord
import pytest

from bot.app import TelephoneApp
from telephone.domain.games import Pair
from telephone.leaderboards.service import Judge, LeaderboardService
from telephone.prompts.catalog import curated
from telephone.store import Store
from tests.cogs.fakes import MemoryApp, MemoryRuntime
from tests.support import shown
from tests.support.played import article, asked, finished, once

pytestmark = pytest.mark.slow

IMAGEBIND = Judge("imagebind", "1", "ImageBind", frozenset({"clip-prefix"}))
MINILM = Judge("minilm", "1", "MiniLM (offline)")
BOTH = ("imagebind", "minilm")
INSIGHTS = "telephone insights"
PROMPTS = list(curated())[:10]


@pytest.fixture
async def store(tmp_path):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as opened:
        yield opened


@pytest.fixture
async def runtime(store):
    return MemoryRuntime(MemoryApp(boards=LeaderboardService(store, (IMAGEBIND, MINILM))))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
async def played(server, store, tmp_path, shelf):
    """The article's design on three turns."""

    async def play():
        await article(store, server.guild.id, PROMPTS, turns=3, embedders=BOTH)

    await once(tmp_path / "telephone.sqlite", shelf / f"{server.guild.id}.sqlite", play)


def newest(server, who):
    """The answer that this member has before them."""
    return [one for one in server.channel.history(viewer=who) if one.flags.ephemeral][-1]


def items(message, kind):
    view = discord.ui.LayoutView.from_message(getattr(message, "message", message))
    return [item for item in view.walk_children() if isinstance(item, kind)]


def words(message) -> str:
    return "\n".join(item.content for item in items(message, discord.ui.TextDisplay))


def files(message) -> list[str]:
    return [file.filename for file in shown.files(message)]


async def choose(server, who, message, verb, value):
    message = getattr(message, "message", message)
    (select,) = [one for one in items(message, discord.ui.Select) if one.custom_id.startswith(f"at1:ask:{verb}:")]
    await who.select(message, [value], custom_id=select.custom_id)


@pytest.mark.usefixtures("played")
async def test_the_three_answers_come_in_words_first_and_only_to_the_one_who_asked(server):
    answer = await server.alice.slash(server.channel, INSIGHTS)
    assert answer.ephemeral
    text = words(answer.response)
    first, *lines = text.splitlines()
    assert first == "### What matters at turn 3, curated prompts, ImageBind"
    assert lines[0].startswith("- Best T2I: dalle2, 0.1")
    assert lines[1].startswith("- Best I2T: blip, 0.0")
    assert lines[2].startswith("- Matters more: T2I, ")
    assert "% of variation (" in lines[2]
    assert "-# Among these 3 T2I and 4 I2T, on 10 prompts, 120 games." in text
    assert "-# Kin of ImageBind, which may please it: clip-prefix." in text
    assert "Distances understand English only." in text
    assert files(answer.response) == ["t2i.png", "i2t.png"]
    gallery, _ = items(answer.response, discord.ui.MediaGallery)
    assert gallery.items[0].description.startswith("Chart of intervals, 3 rows: Distance against their average")


@pytest.mark.usefixtures("played")
async def test_each_view_stands_in_the_place_of_the_one_before_even_after_a_restart(server, runtime):
    await server.alice.slash(server.channel, INSIGHTS)
    await choose(server, server.alice, newest(server, server.alice), "view", "turns")
    shown = newest(server, server.alice)
    assert words(shown).startswith("### What matters turn by turn, curated prompts, ImageBind\n- Turn 1: ")
    assert "- Turn 3: T2I " in words(shown)
    assert "T2I matters more" in words(shown)
    assert files(shown) == ["shares.png", "difference.png"]

    async def open_runtime(_surfaces):
        return runtime

    await server.env.restart_bot(TelephoneApp(open_runtime, shard_count=1))
    await choose(server, server.alice, newest(server, server.alice), "view", "levels")
    shown = newest(server, server.alice)
    assert words(shown).startswith("### Level by level at turn 3, curated prompts, ImageBind\n- **Easy**: too early")
    assert "too early, with 3 of 10 prompts; ahead so far: dalle2, " in words(shown)
    assert "- **Impossible**: too early, with 1 of 10 prompts; about 108 more games." in words(shown)
    assert files(shown) == ["levels.png"]
    await choose(server, server.alice, newest(server, server.alice), "view", "prompts")
    shown = newest(server, server.alice)
    assert words(shown).startswith(
        "### How hard the prompts are at turn 3, curated prompts, ImageBind\n- \\#easy-001, easy"
    )
    assert len([line for line in words(shown).splitlines() if line.startswith("- ")]) == 10
    assert files(shown) == ["prompts.png"]
    assert len([one for one in server.channel.history(viewer=server.alice) if one.flags.ephemeral]) == 1


@pytest.mark.usefixtures("played")
async def test_a_level_is_an_option_and_a_choice_below(server):
    answer = await server.alice.slash(server.channel, INSIGHTS, level="hard", turn=1)
    text = words(answer.response)
    assert text.startswith("### What matters at turn 1, hard prompts, ImageBind")
    assert "- Best T2I: too early, with 3 of 10 prompts; " in text
    assert "-# Missing: 7 games of every pair" in text
    await choose(server, server.alice, answer.response, "level", "all")
    assert words(newest(server, server.alice)).startswith("### What matters at turn 1, curated prompts, ImageBind")


async def test_an_empty_server_is_told_what_to_do_in_every_view(server):
    answer = await server.alice.slash(server.channel, INSIGHTS)
    assert "No game on a curated prompt has got to turn 10 here yet. `/telephone start` with a `level`" in words(
        answer.response
    )
    for view in ("turns", "levels", "prompts"):
        await choose(server, server.alice, newest(server, server.alice), "view", view)
        shown = newest(server, server.alice)
        assert "here yet. `/telephone start` with a `level`" in words(shown)
        assert files(shown) == []


async def test_games_without_a_distance_are_counted(server, store):
    await finished(store, asked(server.guild.id, Pair("a", "x"), PROMPTS[0], 1, 2), {"minilm": [0.3, 0.4]})
    await finished(store, asked(server.guild.id, Pair("a", "x"), PROMPTS[1], 1, 2), {"imagebind": [0.3, 0.4]})
    answer = await server.alice.slash(server.channel, INSIGHTS)
    assert "-# 1 game is not measured with ImageBind yet; /telephone-admin rescore does that." in words(answer.response)
    assert "it takes at least two T2I and two I2T models" in words(answer.response)
    assert files(answer.response) == []


@pytest.mark.usefixtures("played")
async def test_a_shared_answer_is_for_everybody_and_turns_over_for_one_alone(server):
    told = await server.alice.slash(server.channel, INSIGHTS, share=True)
    assert "The answers are here: https://discord.com/channels/" in told.response.content
    shared = server.channel.history(viewer=server.bob)[-1]
    assert words(shared).startswith("### What matters at turn 3")
    before = words(shared)
    await choose(server, server.bob, shared, "view", "prompts")
    assert words(newest(server, server.bob)).startswith("### How hard the prompts are")
    assert words(server.channel.history(viewer=server.alice)[-1]) == before


async def test_names_that_mean_something_to_discord_are_shown_as_they_are(server, store):
    for prompt in PROMPTS:
        for t2i, far in (("**bold**", 0.2), ("@everyone", 0.6)):
            for i2t in ("`code`", "<@1>"):
                values = {name: [far] for name in BOTH}
                await finished(store, asked(server.guild.id, Pair(t2i, i2t), prompt, 1, 1), values)
    answer = await server.alice.slash(server.channel, INSIGHTS, turn=1)
    assert r"Best T2I: \*\*bold\*\*, 0.20 closer" in words(answer.response)
