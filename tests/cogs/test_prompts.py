"""What members read of prompts, propose and press, with the real library behind it."""

import json

import pytest
from simcord import SetupError

from bot.app import TelephoneApp
from bot.prompts import messages as prompt_messages
from telephone.domain.games import Level
from telephone.prompts.catalog import curated
from telephone.prompts.generator import WANTED
from telephone.store import Store
from tests.bot.samples import NASTY
from tests.cogs.fakes import MemoryApp, MemoryRuntime
from tests.support.app import prompts_of
from tests.support.checker import FakeChecker
from tests.support.provider import FakeProvider

WORDS = "a goose reads the news to three mice"


@pytest.fixture
def checker():
    return FakeChecker()


@pytest.fixture
def provider():
    ten = {level: [f"{level} scene {n}" for n in range(count)] for level, count in WANTED.items()}
    return FakeProvider(writes=json.dumps(ten))


@pytest.fixture
async def runtime(tmp_path, checker, provider):
    async with await Store.open(f"sqlite:///{tmp_path / 'telephone.sqlite'}") as store:
        yield MemoryRuntime(MemoryApp(prompts=prompts_of(tmp_path, store, provider, checker)))


async def proposed(server, *texts: str, level: Level | None = None):
    """Proposed by a member each, so that nobody is at their bound."""
    library = server.app.prompts
    return [await library.propose(server.guild.id, text, level, by=100 + n) for n, text in enumerate(texts)]


async def accepted(server, *texts: str, level: Level = Level.MEDIUM):
    for proposal in await proposed(server, *texts):
        await server.app.prompts.accept(server.guild.id, proposal.number, level, is_moderator=True)


def buttons(message) -> dict[str, bool]:
    """The labels of a message's buttons, and which of them can be pressed."""
    message = getattr(message, "message", message)
    return {button.label: not button.disabled for row in message.components for button in row.children}


def shown(server, who):
    """The one answer that this member has before them."""
    (message,) = [one for one in server.channel.history(viewer=who) if one.flags.ephemeral]
    return message


async def test_prompts_are_browsed_page_by_page(server):
    first = await server.alice.slash(server.channel, "telephone prompts browse")
    assert first.ephemeral
    assert first.response.content.startswith("**Prompts** (40, page 1 of 7). `/telephone start`")
    assert "\n- **#easy-001** A red apple" in first.response.content
    assert buttons(first.response) == {"Previous": False, "Next": True}
    await server.alice.click(first.response, label="Next")
    assert "page 2 of 7" in shown(server, server.alice).content
    await server.alice.click(shown(server, server.alice), label="Previous")
    assert shown(server, server.alice).content == first.response.content


async def test_a_level_has_pages_of_its_own(server):
    await server.alice.slash(server.channel, "telephone prompts browse", level="hard")
    seen = []
    for _ in range(3):
        seen += [line.split("**")[1] for line in shown(server, server.alice).content.splitlines()[1:]]
        if buttons(shown(server, server.alice))["Next"]:
            await server.alice.click(shown(server, server.alice), label="Next")
    assert seen == [f"#hard-{n:03}" for n in range(1, 14)]
    assert buttons(shown(server, server.alice)) == {"Previous": True, "Next": False}


async def test_a_single_page_has_no_buttons_and_shows_its_prompt_whole(server):
    result = await server.alice.slash(server.channel, "telephone prompts browse", level="impossible")
    assert buttons(result.response) == {}
    assert curated()[9].text in result.response.content


async def test_a_servers_own_prompts_are_listed_with_their_level_and_offered_first(server):
    await accepted(server, WORDS)
    everything = await server.alice.slash(server.channel, "telephone prompts browse")
    assert "(41, page 1 of 7)" in everything.response.content
    library = server.app.prompts
    page = await library.browse(server.guild.id, page=5)
    assert f"- **#ours-001** (medium) {WORDS}" in prompt_messages.page(page)
    rows = await server.alice.autocomplete(server.channel, "telephone start", "prompt", "")
    assert [row["value"] for row in rows[:2]] == ["#ours-001", "#easy-001"]
    assert len(rows) == 25
    found = await server.alice.autocomplete(server.channel, "telephone start", "prompt", "GOOSE")
    assert [row["value"] for row in found] == ["#ours-001"]


async def test_a_member_proposes_a_prompt_and_reads_what_it_will_be_called(server):
    result = await server.alice.slash(server.channel, "telephone prompts add", text=WORDS, level="hard")
    assert result.ephemeral
    assert result.response.content == (
        "Thank you. Your prompt waits for a moderator; once they accept it, it is #ours-001 here."
    )
    (waiting,) = await server.app.prompts.waiting(server.guild.id, is_moderator=True)
    assert (waiting.text, waiting.level, waiting.author_id) == (WORDS, Level.HARD, server.alice.id)


async def test_what_is_not_taken_is_told_in_a_sentence(server, checker):
    twin = await server.alice.slash(server.channel, "telephone prompts add", text=curated()[0].text)
    assert twin.response.content.startswith("That prompt is on the list already, as #easy-001")
    checker.words = {"goose": "hate"}
    refused = await server.alice.slash(server.channel, "telephone prompts add", text=WORDS)
    assert refused.response.content == "These words are not for here (hate); please try others."
    assert server.refusals() == ["BadInput", "Refused"]


async def test_a_moderator_decides_about_one_after_the_other(server):
    await proposed(server, "scene one", "scene two", "scene three", level=Level.EASY)
    await server.admin.slash(server.channel, "telephone-moderate prompts review")
    panel = shown(server, server.admin)
    assert panel.content.splitlines()[0].startswith("**#ours-001**, proposed by <@100> <t:")
    assert panel.content.splitlines()[0].endswith("; 2 more wait.")
    assert "> scene one" in panel.content
    assert "say how hard it is to keep; it was proposed as easy." in panel.content
    assert list(buttons(panel)) == [*(level.capitalize() for level in Level), "Decline", "Skip"]
    await server.admin.click(panel, label="Hard")
    panel = shown(server, server.admin)
    assert panel.content.splitlines()[0] == "#ours-001 is on the list now, as hard."
    assert "> scene two" in panel.content
    await server.admin.click(panel, label="Skip")
    panel = shown(server, server.admin)
    assert "> scene three" in panel.content
    await server.admin.click(panel, label="Decline")
    panel = shown(server, server.admin)
    assert panel.content.startswith("#ours-003 is declined.\n\n**#ours-002**")
    assert "Skip" not in buttons(panel)
    await server.admin.click(panel, label="Easy")
    panel = shown(server, server.admin)
    assert panel.content == f"#ours-002 is on the list now, as easy.\n\n{prompt_messages.NOTHING_WAITS}"
    assert buttons(panel) == {}
    own = await server.app.prompts.own(server.guild.id)
    assert [(prompt.slug, prompt.level) for prompt in own] == [("#ours-001", "hard"), ("#ours-002", "easy")]


async def test_a_moderator_picks_the_one_to_begin_with(server):
    await proposed(server, "scene one", "scene two")
    rows = await server.admin.autocomplete(server.channel, "telephone-moderate prompts review", "prompt", "two")
    assert rows == [{"name": "#ours-002 scene two", "value": 2}]
    await server.admin.slash(server.channel, "telephone-moderate prompts review", prompt=2)
    assert "> scene two" in shown(server, server.admin).content


async def test_who_was_slower_is_told_and_goes_on_with_the_next(server):
    await proposed(server, "scene one", "scene two")
    await server.admin.slash(server.channel, "telephone-moderate prompts review")
    await server.app.prompts.decline(server.guild.id, 1, is_moderator=True)
    await server.admin.click(shown(server, server.admin), label="Hard")
    assert shown(server, server.admin).content.startswith("Prompt 1 does not wait any more; somebody was faster.\n")
    assert "> scene two" in shown(server, server.admin).content


async def test_the_panel_outlives_the_bot(server):
    await proposed(server, "scene one")
    await server.admin.slash(server.channel, "telephone-moderate prompts review")
    runtime = MemoryRuntime(server.app)

    async def open_runtime(_surfaces):
        return runtime

    await server.env.restart_bot(TelephoneApp(open_runtime, shard_count=1))
    await server.admin.click(shown(server, server.admin), label="Medium")
    assert "#ours-001 is on the list now, as medium." in shown(server, server.admin).content


async def test_what_was_proposed_is_shown_as_it_was_written_and_does_nothing(server):
    await proposed(server, NASTY, "fox " + "*" * 996)
    await server.admin.slash(server.channel, "telephone-moderate prompts review")
    panel = shown(server, server.admin)
    assert "\\@everyone" in panel.content
    await server.admin.click(panel, label="Skip")
    panel = shown(server, server.admin)
    assert [file.filename for file in panel.attachments] == ["prompt-2.txt"]
    await server.admin.click(panel, label="Decline")
    assert shown(server, server.admin).attachments == []


async def test_only_moderators_decide_or_see_what_waits(server):
    await proposed(server, "scene one")
    await accepted(server, "scene two")
    for command, options in (("review", {}), ("remove", {"prompt": "#ours-002"}), ("generate", {})):
        with pytest.raises(SetupError):
            await server.alice.slash(server.channel, f"telephone-moderate prompts {command}", **options)


async def test_a_moderator_who_is_one_no_more_decides_nothing(server):
    await proposed(server, "scene one")
    result = await server.admin.slash(server.channel, "telephone-moderate prompts review")
    server.env.backend.edit_member(server.guild.id, server.admin.id, {"role_ids": []})
    await server.admin.click(result.response, label="Decline")
    assert shown(server, server.admin).content == "Only a moderator of this server can do that; please ask one of them."
    assert len(await server.app.prompts.waiting(server.guild.id, is_moderator=True)) == 1


async def test_a_servers_own_prompt_is_removed(server):
    await accepted(server, WORDS)
    rows = await server.admin.autocomplete(server.channel, "telephone-moderate prompts remove", "prompt", "goose")
    assert rows == [{"name": f"#ours-001 {WORDS}", "value": "#ours-001"}]
    result = await server.admin.slash(server.channel, "telephone-moderate prompts remove", prompt="#ours-001")
    assert result.response.content.startswith("#ours-001 is off the list and starts no more games")
    assert await server.app.prompts.own(server.guild.id) == []
    again = await server.admin.slash(server.channel, "telephone-moderate prompts remove", prompt="#ours-001")
    assert again.response.content == "No prompt of this server is called that; please pick one from the list."
    assert server.refusals() == ["NotFound"]


async def test_a_chat_model_writes_ten_and_the_first_of_them_is_shown_to_decide_about(server):
    await proposed(server, "scene one")
    result = await server.admin.slash(server.channel, "telephone-moderate prompts generate")
    assert result.ephemeral
    note, _, head, *_ = result.response.content.splitlines()
    assert note == "poet wrote 10 prompts; all wait. Less than $0.01 spent."
    assert head.startswith("**#ours-002**, written by poet <t:")
    assert head.endswith("; 10 more wait.")
    await server.admin.click(shown(server, server.admin), label="Easy")
    assert "> easy scene 1" in shown(server, server.admin).content


async def test_what_of_it_is_left_out_is_told(server, provider, checker):
    provider.writes = json.dumps(
        {"easy": ["a fine scene", "x" * 2_000, "hateful", "one too many"], "hard": ["a fine scene"]}
    )
    checker.words = {"hateful": "hate"}
    result = await server.admin.slash(server.channel, "telephone-moderate prompts generate")
    assert result.response.content.splitlines()[0] == (
        "poet wrote 5 prompts; 1 of them waits for a decision. "
        "Left out: 1 more than asked for, 1 too long or too short, 1 stopped by the safety check, 1 here already. "
        "It owes 3 medium, 2 hard, 1 impossible. Less than $0.01 spent."
    )


async def test_a_chat_model_that_cannot_be_asked_or_read_is_told_in_a_sentence(server, provider, checker):
    provider.writes = "Sure!"
    unread = await server.admin.slash(server.channel, "telephone-moderate prompts generate")
    assert unread.response.content == "What poet sent back cannot be read as a list of prompts; please try again."
    checker.broken = "the safety check needs OPENAI_API_KEY"
    missing = await server.admin.slash(server.channel, "telephone-moderate prompts generate")
    assert "poet: the safety check needs OPENAI\\_API\\_KEY" in missing.response.content
    assert server.refusals() == ["BadOutput", "NotAllowed"]
