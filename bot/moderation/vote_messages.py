"""Answers to an admin about votes: counts and reasons, never a voter's choices."""

from bot.delivery.editor import UPLOAD_MAX
from bot.ui.posts import Attachment
from bot.ui.text import lines_that_fit
from bot.ui.wording import ANSWER_MAX
from telephone.domain.battles import Decision
from telephone.exports import Export, Format
from telephone.leaderboards.vote_flags import Flag, Flagged
from telephone.leaderboards.vote_review import VoteReport

_REASONS = {
    Flag.STARTER: "on a battle they started",
    Flag.LATE: "joined after the battle began",
    Flag.YOUNG: "account too young",
    Flag.PATTERN: "follow a pattern that the others' votes do not",
}
_DECIDED = {
    None: "",
    Decision.CLEARED: " **Cleared: they count.**",
    Decision.STRUCK: " **Struck: none of them counts.**",
}
HOW = (
    "Flagged votes count until somebody decides otherwise: `member` with `decision` strikes or clears a voter's votes, "
    "`undo` takes that back. `/telephone leaderboard votes:unflagged` shows the board without them. "
    "A flag is no proof: an honest taste of one's own can look like a pattern."
)


def report(found: VoteReport) -> str:
    """How many votes there are, which voters are flagged and why, and what can be done."""
    battles = "1 closed battle" if found.battles == 1 else f"{found.battles} closed battles"
    head = f"{_votes(found.votes)} by {_members(found.voters)} in {battles}."
    age = f"Accounts younger than {found.least_days} days when a battle begins are flagged; `least_days` changes that."
    lines = [_line(one) for one in found.flagged] or ["No vote is flagged."]
    room = ANSWER_MAX - len(head) - len(age) - len(HOW) - 4
    return "\n".join([head, lines_that_fit(lines, room, "- and {n} more"), age, HOW])


def exported(row: Format, found: Export) -> str:
    """Says what is in an export, and what can be done with it."""
    if len(found.data) > UPLOAD_MAX:
        return (
            f"{found.said} The file is too large for Discord; whoever runs this bot can write it with "
            f"`telephone export {row.name}`."
        )
    return f"{found.said} {row.on_discord.format(file=row.file)}"


def sheet(row: Format, found: Export) -> Attachment | None:
    """The file, None where it is too large for Discord."""
    return Attachment(row.file, found.data) if len(found.data) <= UPLOAD_MAX else None


def _line(one: Flagged) -> str:
    why = "; ".join(f"{count} {_REASONS[flag]}" for flag, count in one.flags.items()) or "none now"
    return f"- <@{one.member}>: {one.flagged} of {_votes(one.votes)} flagged ({why}).{_DECIDED[one.decision]}"


def _votes(count: int) -> str:
    return "1 vote" if count == 1 else f"{count:,} votes"


def _members(count: int) -> str:
    return "1 member" if count == 1 else f"{count:,} members"
