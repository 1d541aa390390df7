"""The prompts of one server: what is listed and started, who proposes, and who decides."""

import json

import pytest
from structlog.testing import capture_logs

from telephone.domain.games import GameState, Level
from telephone.errors import BadInput, BadOutput, NotAllowed, NotFound, OverBudget, Refused, Unavailable, Withheld
from telephone.games.admission import StartRequest
from telephone.prompts.catalog import curated, sets
from telephone.prompts.generator import WANTED
from telephone.prompts.service import PAGE, PromptService
from telephone.store import Pool, Store
from tests.limits import LIMIT
from tests.support.app import prompts_of, running_app
from tests.support.checker import FakeChecker
from tests.support.provider import FakeProvider

HERE, THERE = 11, 12
WORDS = "a goose reads the news to three mice"
TEN = {level: [f"{level} scene {n}" for n in range(count)] for level, count in WANTED.items()}


@pytest.fixture
def checker():
    return FakeChecker()


@pytest.fixture
def provider():
    return FakeProvider(writes=json.dumps(TEN))


@pytest.fixture
async def library(tmp_path, checker, provider):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield prompts_of(tmp_path, store, provider, checker)


async def accepted(library: PromptService, text: str = WORDS, level: Level = Level.MEDIUM, guild_id: int = HERE):
    proposal = await library.propose(guild_id, text, None, by=5)
    return await library.accept(guild_id, proposal.number, level, is_moderator=True)


async def test_a_server_lists_the_curated_prompts_and_its_own_by_level(library):
    ours = await accepted(library)
    entries = await library.listed(HERE)
    assert len(entries) == len(curated()) + 1
    assert [entry.prompt.level for entry in entries] == sorted((e.prompt.level for e in entries), key=list(Level).index)
    medium = await library.listed(HERE, Level.MEDIUM)
    assert (medium[0].of, medium[3].of, medium[-1].of) == ("article", "house", "server")
    assert medium[-1].prompt == ours.prompt
    assert ours.prompt not in [entry.prompt for entry in await library.listed(THERE)]


async def test_pages_hold_every_prompt_once_and_end_where_they_end(library):
    first = await library.browse(HERE)
    assert (first.number, first.pages, first.total) == (1, -(-len(curated()) // PAGE), len(curated()))
    pages = [await library.browse(HERE, page=n) for n in range(1, first.pages + 1)]
    assert [entry for page in pages for entry in page.entries] == await library.listed(HERE)
    assert (await library.browse(HERE, page=99)).number == first.pages
    assert (await library.browse(HERE, Level.IMPOSSIBLE, page=0)).entries[0].prompt.slug == "#impossible-001"


async def test_what_is_proposed_is_cleaned_checked_and_waits(library, checker):
    with capture_logs() as logs:
        proposal = await library.propose(HERE, "  a goose\treads the news to three mice ", Level.HARD, by=5)
    assert (proposal.text, proposal.author_id, proposal.level) == (WORDS, 5, Level.HARD)
    assert checker.texts == [WORDS]
    assert await library.waiting(HERE, is_moderator=True) == [proposal]
    assert await library.own(HERE) == []
    assert "goose" not in str(logs)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ab", "at least 3"),
        ("x" * 1_001, "1,001 characters and 1,000 fit"),
        (sets()["house"][0].text.upper(), "on the list already, as #easy-004"),
        ("#easy-999", "describe one"),
    ],
)
async def test_what_cannot_be_proposed_is_told_kindly(library, checker, text, words):
    with pytest.raises(BadInput, match=words):
        await library.propose(HERE, text, None, by=5)
    assert checker.texts == []


@pytest.mark.parametrize(("category", "error"), [("hate", Refused), ("sexual/minors", Withheld)])
async def test_what_the_safety_check_stops_is_not_kept(library, checker, category, error):
    checker.words = {"goose": category}
    with pytest.raises(error):
        await library.propose(HERE, WORDS, None, by=5)
    assert await library.waiting(HERE, is_moderator=True) == []


async def test_a_member_cannot_bury_the_moderators(library):
    for n in range(5):
        await library.propose(HERE, f"scene {n}", None, by=5)
    with pytest.raises(OverBudget, match="5 of your prompts"):
        await library.propose(HERE, "scene 5", None, by=5)


async def test_the_desk_shows_one_after_the_other_and_begins_again(library):
    assert (await library.review(HERE, is_moderator=True)).proposal is None
    for n in range(3):
        await library.propose(HERE, f"scene {n}", None, by=5)
    seen = [(await library.review(HERE, is_moderator=True, at=at)).proposal.text for at in (0, 2, 3, 4)]
    assert seen == ["scene 0", "scene 1", "scene 2", "scene 0"]
    assert (await library.review(HERE, is_moderator=True)).others == 2
    assert (await library.review(THERE, is_moderator=True)).proposal is None


async def test_what_was_decided_is_not_decided_again(library):
    ours = await accepted(library)
    for decide in (
        library.accept(HERE, ours.number, Level.EASY, is_moderator=True),
        library.decline(HERE, ours.number, is_moderator=True),
    ):
        with pytest.raises(BadInput, match="somebody was faster"):
            await decide
    assert (await library.own(HERE))[0].level is Level.MEDIUM


async def test_only_what_is_a_servers_own_is_removed(library):
    ours = await accepted(library)
    with pytest.raises(BadInput, match="comes with the game"):
        await library.remove(HERE, "#easy-001", is_moderator=True)
    for other in ("#ours-002", "no such words"):
        with pytest.raises(NotFound):
            await library.remove(HERE, other, is_moderator=True)
    with pytest.raises(NotFound):
        await library.remove(THERE, ours.slug, is_moderator=True)
    assert (await library.remove(HERE, "#OURS-001", is_moderator=True)).slug == ours.slug
    assert await library.own(HERE) == []


async def test_only_moderators_decide(library):
    proposal = await library.propose(HERE, WORDS, None, by=5)
    for attempt in (
        library.waiting(HERE, is_moderator=False),
        library.review(HERE, is_moderator=False),
        library.accept(HERE, proposal.number, Level.EASY, is_moderator=False),
        library.decline(HERE, proposal.number, is_moderator=False),
        library.remove(HERE, proposal.slug, is_moderator=False),
        library.generate(HERE, is_moderator=False),
    ):
        with pytest.raises(NotAllowed, match="a moderator of this server"):
            await attempt
    assert await library.waiting(HERE, is_moderator=True) == [proposal]


async def test_a_full_list_takes_no_more(library, monkeypatch):
    monkeypatch.setattr("telephone.prompts.service.OWN_MAX", 1)
    await accepted(library)
    with pytest.raises(BadInput, match="remove one"):
        await accepted(library, "a tin robot")


async def test_a_servers_own_prompt_is_played_by_name_and_not_checked_again(tmp_path):
    async with running_app(tmp_path) as play:
        ours = await accepted(play.app.prompts, WORDS, Level.HARD)
        play.checker.texts.clear()
        for typed in (ours.slug, ours.slug.upper(), WORDS):
            game = await play.app.games.start(StartRequest(typed, "painter", "critic", 1, guild_id=HERE))
            assert game.request.prompt == ours.prompt
        assert not any(WORDS in text for text in play.checker.texts)
        with pytest.raises(BadInput, match="#ours-001"):
            await play.app.games.start(StartRequest(ours.slug, "painter", "critic", 1, guild_id=THERE))
        assert (await play.app.games.closed(game.id, timeout=LIMIT)).state is GameState.FINISHED
        (cell,) = await play.store.scores.measured(Pool(HERE), "letters", "1", 1)
        assert (cell.prompt, cell.level) == (ours.slug, Level.HARD)


async def test_a_level_picks_among_a_servers_own_prompts_too(tmp_path, monkeypatch):
    async with running_app(tmp_path) as play:
        ours = await accepted(play.app.prompts, WORDS, Level.IMPOSSIBLE)
        monkeypatch.setattr("telephone.games.admission.secrets.choice", lambda among: among[0])
        asked = StartRequest(None, "painter", "critic", 1, level=Level.IMPOSSIBLE, guild_id=HERE)
        assert (await play.app.games.start(asked)).request.prompt == ours.prompt


async def test_a_removed_prompt_is_off_the_list_and_its_games_keep_it(tmp_path):
    async with running_app(tmp_path) as play:
        prompts = play.app.prompts
        ours = await accepted(prompts)
        asked = StartRequest(ours.slug, "painter", "critic", 1, guild_id=HERE)
        game = await play.app.games.start(asked)
        await prompts.remove(HERE, ours.slug, is_moderator=True)
        with pytest.raises(BadInput, match=ours.slug):
            await play.app.games.start(asked)
        kept = (await play.app.games.get(game.id, server=HERE)).request.prompt
        assert (kept.slug, kept.level) == (ours.slug, Level.MEDIUM)
        again = await play.app.games.again(game.id, by=5, channel_id=1, server=HERE)
        assert (again.request.prompt.slug, again.request.prompt.level) == (None, None)
        assert WORDS in play.checker.texts


async def spent(library: PromptService, guild_id: int = HERE) -> float:
    return (await library.store.budgets.allowances(guild_id, library.writer.caps))["server"].taken_usd


async def test_a_chat_model_writes_ten_prompts_that_wait_like_any_other(library, provider, checker):
    made = await library.generate(HERE, is_moderator=True)
    assert (made.writer, made.left_out, made.missing, made.usd) == ("poet", {}, {}, 0.0006)
    waiting = await library.waiting(HERE, is_moderator=True)
    assert waiting == list(made.kept)
    assert {(one.writer, one.author_id, one.state) for one in waiting} == {("poet", None, "waiting")}
    assert [(one.level, one.text) for one in waiting] == [(level, text) for level in TEN for text in TEN[level]]
    assert checker.texts == [text for texts in TEN.values() for text in texts]
    assert len(provider.questions) == 1
    assert await spent(library) == 0.0006
    assert await library.own(HERE) == []


async def test_each_of_them_is_judged_by_itself_and_the_rest_is_accounted_for(library, provider, checker):
    await library.propose(HERE, "A scene that waits", None, by=5)
    easy = ["a scene that waits!", "x" * 1_001, "a fine scene", "one too many", "two too many"]
    medium = ["the goose of hate", "a good scene", "A GOOD SCENE."]
    provider.writes = json.dumps({"easy": easy, "medium": medium, "hard": [curated()[0].text, "#easy-009"]})
    checker.words = {"hate": "hate"}
    made = await library.generate(HERE, is_moderator=True)
    assert [one.text for one in made.kept] == ["a fine scene", "a good scene"]
    assert made.left_out == {"extra": 2, "twin": 3, "unfit": 2, "stopped": 1}
    assert made.missing == {Level.HARD: 1, Level.IMPOSSIBLE: 1}


async def test_a_checker_that_does_not_answer_is_not_waited_for_ten_times(library, checker):
    checker.faults = [Unavailable("busy")] * 100
    made = await library.generate(HERE, is_moderator=True)
    assert (made.kept, made.left_out) == ((), {"unchecked": 10})
    assert len(checker.faults) > 90


async def test_nothing_is_paid_for_what_has_no_room(library, provider):
    for n in range(51):
        await library.propose(HERE, f"scene {n}", None, by=n)
    with pytest.raises(OverBudget, match="review some"):
        await library.generate(HERE, is_moderator=True)
    assert provider.questions == []
    assert len((await library.generate(THERE, is_moderator=True)).kept) == 10


async def test_nothing_is_paid_for_while_games_are_paused(library, provider):
    await library.store.servers.change(HERE, paused=True)
    with pytest.raises(NotAllowed, match="/telephone-admin resume"):
        await library.generate(HERE, is_moderator=True)
    await library.store.servers.change(HERE, paused=False)
    await library.store.servers.pause_everywhere(True)
    with pytest.raises(NotAllowed, match="operator has paused"):
        await library.generate(HERE, is_moderator=True)
    assert provider.questions == []


async def test_an_answer_that_cannot_be_read_is_paid_for_and_keeps_nothing(library, provider):
    provider.writes = "Here are ten prompts for you!"
    with pytest.raises(BadOutput, match="What poet sent back"):
        await library.generate(HERE, is_moderator=True)
    assert await spent(library) == 0.0006
    assert await library.waiting(HERE, is_moderator=True) == []
