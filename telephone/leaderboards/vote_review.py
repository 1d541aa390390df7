"""The review of flagged votes: an admin's report and decisions. No vote is dropped without a decision."""

from dataclasses import dataclass

import structlog

from telephone.concurrency import off_loop
from telephone.domain.battles import Decision
from telephone.domain.servers import AGE_MAX
from telephone.errors import BadInput
from telephone.leaderboards.vote_flags import Flagged, flag_voters
from telephone.store import Store
from telephone.store.scores import Pool

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class VoteReport:
    """What an admin sees: counts and reasons by voter, never which side somebody chose.

    `votes` and `voters` are those of all closed battles; an account younger than `least_days` when its battle began is
    flagged.
    """

    votes: int
    voters: int
    battles: int
    least_days: int
    flagged: tuple[Flagged, ...]


@dataclass(frozen=True, slots=True)
class VoteReview:
    """Reports flagged voters and takes decisions. Raises TelephoneErrors whose sentence can be shown as it is."""

    store: Store

    async def report(self, guild_id: int) -> VoteReport:
        """The flagged voters of a server's closed battles, on curated prompts and on free ones."""
        polls = [poll for free in (False, True) for poll in await self.store.polls.of(Pool(guild_id, free=free))]
        days = (await self.store.servers.settings(guild_id)).voter_days
        flagged = await off_loop(flag_voters, polls, days, await self.store.conduct.of(guild_id))
        voters = {int(member) for poll in polls for member in poll.votes["member"]}
        voted = [poll for poll in polls if len(poll.votes)]
        return VoteReport(sum(len(poll.votes) for poll in polls), len(voters), len(voted), days, flagged)

    async def decide(self, guild_id: int, member_id: int, decision: Decision | None, *, by: int) -> VoteReport:
        """Strikes all votes of a voter, or clears them of flags; None takes the decision back. The report after it.

        Raises BadInput for a voter without flagged votes or a decision.
        """
        known = {one.member for one in (await self.report(guild_id)).flagged}
        if member_id not in known:
            raise BadInput("No vote of this member is flagged, so there is nothing to decide about.")
        await self.store.conduct.decide(guild_id, member_id, decision, by)
        _log.info("votes judged", guild=guild_id, member=member_id, decision=decision, by=by)
        return await self.report(guild_id)

    async def ask_age(self, guild_id: int, days: int) -> VoteReport:
        """How many days old an account has to be when a battle begins for its votes not to be flagged."""
        if not 0 <= days <= AGE_MAX:
            raise BadInput(f"Please choose a number of days from 0 to {AGE_MAX}.")
        await self.store.servers.change(guild_id, voter_days=days)
        return await self.report(guild_id)
