"""Prompts as text: whatever they hold, it fits into a message and does nothing there."""

from datetime import UTC, datetime

import pytest

from bot.prompts import messages as prompt_messages
from bot.ui.text import CONTENT_MAX, plain, units
from telephone.domain.games import Level, Prompt
from telephone.prompts.service import PAGE, PROPOSAL_MAX, ListedPrompt, Page, ProposalReview
from telephone.store import Proposal
from tests.bot.samples import NASTY

LONG = ["*" * PROPOSAL_MAX, "🦊" * PROPOSAL_MAX, "word " * 200, NASTY]


@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize("count", [1, PAGE])
def test_the_longest_page_fits(text, count):
    entries = tuple(
        ListedPrompt(Prompt(text, Level.IMPOSSIBLE, f"#ours-{n}"), "server") for n in range(10_000, 10_000 + count)
    )
    for level in (None, Level.IMPOSSIBLE):
        content = prompt_messages.page(Page(entries, 999, 999, 9_999, level))
        assert units(content) <= CONTENT_MAX
        assert len(content.splitlines()) == 1 + count
        assert "<@123>" not in content.replace("\\<@123>", "").replace("\\<\\@123>", "")


@pytest.mark.parametrize("text", LONG)
def test_the_longest_proposal_fits_and_comes_whole(text):
    proposal = Proposal(99_999, text, Level.IMPOSSIBLE, "waiting", 2**63, None, datetime(2026, 11, 26, tzinfo=UTC))
    content, file = prompt_messages.review(ProposalReview(proposal, 59), "A note of what was decided before. " * 3)
    assert units(content) <= CONTENT_MAX
    assert (file.data.decode() == text) if file else content.endswith(plain(text)[-4:])


@pytest.mark.parametrize(
    ("author_id", "writer", "words"),
    [(5, None, "proposed by <@5> "), (None, "gpt-chat", "written by gpt-chat "), (None, None, "proposed by a member ")],
)
def test_a_moderator_reads_whose_proposal_it_is(author_id, writer, words):
    proposal = Proposal(7, "a fox", None, "waiting", author_id, writer, datetime(2026, 11, 26, tzinfo=UTC))
    assert words in prompt_messages.review(ProposalReview(proposal))[0]
