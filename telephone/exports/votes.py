"""The votes of a server as the CSV that telephone.leaderboards.csv_input reads, each voter under a pseudonym.

A pseudonym is a keyed hash of server and member: the same in every file of one server, another on every other, and
without the operator's key it tells nobody who voted. The rows of a battle are sorted by pseudonym, so that
their order tells nothing.
"""

import csv
import hmac
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import structlog

from telephone.concurrency import off_loop
from telephone.domain.battles import SIDES_MAX, Choice
from telephone.domain.polls import CHOICES, Poll
from telephone.errors import NotFound
from telephone.exports import Export, Exporter, Which
from telephone.leaderboards.ballot_source import gather
from telephone.leaderboards.csv_cells import written
from telephone.leaderboards.csv_input import MORE, VOTES
from telephone.scoring.ballots import ALL_BAD, TIE
from telephone.store.scores import Pool

COLUMNS: Final = (*VOTES[:4], *MORE[2:], *VOTES[4:], *MORE[:2])
ONE_WAY: Final = (
    "No two pairs stood in both orders yet, so a board made from this file takes nothing to be gained by a button, "
    "where the board of this server does not know; its intervals are wider."
)
_DIGITS: Final = 16
"""Hexadecimal digits of a pseudonym: two of a million members share one with a probability of 3 in 10⁸."""
_SAID: Final = {Choice.TIE: TIE, Choice.ALL_BAD: ALL_BAD}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Transcript:
    """A CSV in UTF-8, and the counts of what is in it.

    `turned` says whether any two pairs were shown in both orders. Where none were, a leaderboard made from the file
    cannot estimate the advantage of a button's position, and takes it to be none.
    """

    data: bytes
    votes: int
    voters: int
    battles: int
    turned: bool


async def write(exporter: Exporter, pool: Pool, which: Which) -> Export:
    """The votes on the prompts of `pool` as a CSV. Raises NotFound where there are none."""
    source = exporter.ballot_source
    polls = await (source.store.polls.of(pool) if which == "all" else source.polls(pool, unflagged=which != "counted"))
    found = await off_loop(lambda: transcribe(polls, exporter.key(), pool.guild_id, free=pool.free))
    if found is None:
        raise NotFound("No vote of a closed battle is here to export; /telephone battle begins one.")
    _log.info("votes exported", guild=pool.guild_id, votes=found.votes, battles=found.battles)
    return Export(found.data, said(found))


def transcribe(polls: Sequence[Poll], key: bytes, guild_id: int, *, free: bool = False) -> Transcript | None:
    """Every vote of `polls`, in their order; None where nobody voted.

    Curated prompts stand there by their slugs, `free` ones by numbers: a member's own words are not exported to others.
    """
    polls = [poll for poll in polls if len(poll.votes)]
    ballots = gather(polls)
    if ballots is None:
        return None
    members = np.unique(np.concatenate([poll.votes["member"] for poll in polls]))
    names = {int(member): pseudonym(key, guild_id, int(member)) for member in members}
    prompts: dict[str, str] = {}
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(COLUMNS)
    for poll in polls:
        prompt = prompts.setdefault(poll.prompt, f"free {len(prompts) + 1}" if free else poll.prompt)
        sheet.writerows(_rows(poll, names, prompt))
    count = sum(len(poll.votes) for poll in polls)
    return Transcript(text.getvalue().encode(), count, len(names), len(polls), ballots.turned)


def pseudonym(key: bytes, guild_id: int, member_id: int) -> str:
    """The pseudonym of a voter: 16 hexadecimal digits of a keyed hash of server and member."""
    return hmac.digest(key, f"voter {guild_id} {member_id}".encode(), "sha256").hex()[:_DIGITS]


def _rows(poll: Poll, names: dict[int, str], prompt: str) -> list[tuple[str, ...]]:
    sides = [name for _, pair in poll.sides for name in (pair.t2i, pair.i2t)]
    shown = tuple(map(written, (*sides, *[""] * (2 * SIDES_MAX - len(sides)))))
    letters = {Choice.of_side(place): "abcd"[button] for button, (place, _) in enumerate(poll.sides)} | _SAID
    votes = zip(poll.votes["member"].tolist(), poll.votes["choice"].tolist(), strict=True)
    cast = sorted((names[member], letters[CHOICES[choice]]) for member, choice in votes)
    battle, words = written(poll.battle), written(prompt)
    return [(*shown, outcome, written(voter), battle, words) for voter, outcome in cast]


def said(found: Transcript) -> str:
    """Sentences that say what is in a file, and what a leaderboard made from it cannot estimate."""
    votes, voters, battles = (
        f"{count:,} {word}{'' if count == 1 else 's'}"
        for count, word in ((found.votes, "vote"), (found.voters, "voter"), (found.battles, "battle"))
    )
    alone = "" if found.turned else f" {ONE_WAY}"
    return f"{votes} of {voters} in {battles}; voters go by pseudonyms.{alone}"
