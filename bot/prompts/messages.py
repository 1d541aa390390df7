"""Prompts as text: pages of them, what was proposed, and what moderators decide about. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.ui.money import money
from bot.ui.posts import Attachment
from bot.ui.text import excerpt, quote
from telephone.domain.games import Level, Prompt
from telephone.prompts.service import Flaw, Generated, ListedPrompt, Page, ProposalReview
from telephone.store import Proposal

PAGE_ROOM: Final = 1_680
"""UTF-16 units that the prompts of a page share; the message needs the others for its heading and its end."""
WORDS_MAX: Final = 1_500
NOTHING_WAITS: Final = "No prompt waits for a decision here."
_FLAWS: Final[Mapping[Flaw, str]] = {
    "extra": "more than asked for",
    "unfit": "too long or too short",
    "twin": "here already",
    "stopped": "stopped by the safety check",
    "unchecked": "not checked, as the safety check did not answer",
    "full": "for want of room",
}


def page(shown: Page) -> str:
    """A page of prompts, each with the name that starts it."""
    level = f", {shown.level}" if shown.level else ""
    part = f", page {shown.number} of {shown.pages}" if shown.pages > 1 else ""
    room = PAGE_ROOM // max(1, len(shown.entries))
    lines = [_entry(entry, shown.level, room) for entry in shown.entries]
    ways = "`/telephone start` begins with any of them, by its name; `/telephone prompts add` proposes another."
    return "\n".join([f"**Prompts{level}** ({shown.total}{part}). {ways}", *lines])


def proposed(proposal: Proposal) -> str:
    return f"Thank you. Your prompt waits for a moderator; once they accept it, it is {proposal.slug} here."


def review(shown: ProposalReview, note: str = "") -> tuple[str, Attachment | None]:
    """The proposal a moderator decides about, under the decision before it; a long one comes as a file too."""
    lines = [note, ""] if note else []
    if shown.proposal is None:
        return "\n".join([*lines, NOTHING_WAITS]), None
    proposal = shown.proposal
    text, whole = quote(proposal.text, WORDS_MAX)
    when = f"<t:{int(proposal.proposed_at.timestamp())}:R>"
    lines.append(f"**{proposal.slug}**, {_author(proposal)} {when}{_others(shown.others)}.")
    lines.append(f"To accept it, say how hard it is to keep{_suggested(proposal.level)}.")
    lines.append(text)
    file = None if whole else Attachment(f"prompt-{proposal.number}.txt", proposal.text.encode())
    return "\n".join(lines), file


def accepted(proposal: Proposal) -> str:
    return f"{proposal.slug} is on the list now, as {proposal.level}."


def declined(proposal: Proposal) -> str:
    return f"{proposal.slug} is declined."


def removed(prompt: Prompt) -> str:
    return f"{prompt.slug} is off the list and starts no more games; those that began with it stay as they are."


def generated(made: Generated) -> str:
    """How many prompts a chat model wrote, which were left out and why, and what they cost."""
    kept, count = len(made.kept), len(made.kept) + sum(made.left_out.values())
    wait = (
        f"{kept or 'none'} of them {'waits' if kept == 1 else 'wait'} for a decision" if made.left_out else "all wait"
    )
    said = [f"{excerpt(made.writer, 80)} wrote {count} {'prompt' if count == 1 else 'prompts'}; {wait}."]
    if made.left_out:
        said.append(f"Left out: {', '.join(f'{n} {_FLAWS[flaw]}' for flaw, n in made.left_out.items())}.")
    if made.missing:
        said.append(f"It owes {', '.join(f'{n} {level}' for level, n in made.missing.items())}.")
    if made.usd:
        said.append(f"{money(made.usd).capitalize()} spent.")
    return " ".join(said)


def _entry(entry: ListedPrompt, level: Level | None, room: int) -> str:
    prompt = entry.prompt
    hardness = f" ({prompt.level})" if level is None and entry.of == "server" else ""
    name = f"- **{prompt.slug}**{hardness} "
    return name + excerpt(prompt.text, room - len(name) - 1)


def _author(proposal: Proposal) -> str:
    if proposal.writer:
        return f"written by {excerpt(proposal.writer, 80)}"
    return f"proposed by <@{proposal.author_id}>" if proposal.author_id else "proposed by a member"


def _others(count: int) -> str:
    return f"; {count} more {'waits' if count == 1 else 'wait'}" if count else ""


def _suggested(level: Level | None) -> str:
    return f"; it was proposed as {level}" if level else ""
