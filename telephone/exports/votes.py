"""What may be taken away from a server: its votes, with nobody's name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from telephone.cpu import off_loop
from telephone.errors import NotFound
from telephone.exports.transcript import Transcript, transcribe
from telephone.scoring.urn import Urn
from telephone.store.scores import Pool

Which = Literal["all", "counted", "unflagged"]
"""Every vote, struck ones too; those that a board counts; of these the ones that are not flagged, or cleared.

Two files that differ by one voter's decision tell what that voter chose: who must not know gets all.
"""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Archive:
    """`key` gives the key of pseudonyms, which is made when it is first needed."""

    urn: Urn
    key: Callable[[], bytes]

    async def votes(self, pool: Pool, which: Which = "counted") -> Transcript:
        """The votes on the prompts of `pool` as a CSV. Raises NotFound where there are none."""
        everything = which == "all"
        polls = await (
            self.urn.store.polls.of(pool) if everything else self.urn.polls(pool, unflagged=which != "counted")
        )
        found = await off_loop(lambda: transcribe(polls, self.key(), pool.guild_id, free=pool.free))
        if found is None:
            raise NotFound("No vote of a closed battle is here to export; /telephone battle begins one.")
        _log.info("votes exported", guild=pool.guild_id, votes=found.votes, battles=found.battles)
        return found
