"""The prompts of one server: listing them, proposing more, and the decisions of its moderators."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import structlog

from telephone.domain.games import Level, Prompt, clean_prompt
from telephone.domain.refusals import NotModerator
from telephone.errors import BadInput, NotFound, OverBudget, Refused, TelephoneError
from telephone.prompts.catalog import curated, look_up, offered, sets
from telephone.prompts.generator import WANTED, PromptGenerator
from telephone.safety import Guard
from telephone.store import Bounds, Proposal, Store
from telephone.store.prompts import ProposalState, hash_of

PROPOSAL_MAX: Final = 1_000
"""The longest proposal, in characters: the limit of Discord's commands."""
PAGE: Final = 6
"""Prompts on a page: that many long ones fit into a message."""
WAITING: Final = Bounds(member=5, server=60)
OWN_MAX: Final = 500
"""The most accepted prompts that a server can have."""
OURS: Final = "server"
"""The set of a server's own prompts, besides `article` and `house`."""
Flaw = Literal["extra", "unfit", "twin", "stopped", "unchecked", "full"]
"""Why a prompt of a chat model is left out: more than asked for, too long or short, here already, stopped by the
safety check or not checked by it, or over the server's limits."""
_ORDER: Final = list(Level)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ListedPrompt:
    """A prompt that can be started by its slug, and the set it belongs to: article, house or server."""

    prompt: Prompt
    of: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a server's prompts, of one level or of all. `number` counts from 1."""

    entries: tuple[ListedPrompt, ...]
    number: int
    pages: int
    total: int
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class ProposalReview:
    """The proposal that a moderator reviews, None where none waits, and how many others wait."""

    proposal: Proposal | None = None
    others: int = 0


@dataclass(frozen=True, slots=True)
class Generated:
    """The result of a generation: the prompts that wait now, and why the others were left out.

    `missing` counts prompts that the model was asked for and did not write. `usd` is the cost.
    """

    writer: str
    kept: tuple[Proposal, ...]
    left_out: Mapping[Flaw, int]
    missing: Mapping[Level, int]
    usd: float


@dataclass(frozen=True, slots=True)
class PromptService:
    """The prompts of each server. Raises TelephoneErrors with sentences for players. Servers never share prompts."""

    store: Store
    guard: Guard
    writer: PromptGenerator

    async def offered(self, guild_id: int) -> list[Prompt]:
        """The prompts that games can start from by name: the server's own, then the curated ones."""
        return await offered(self.store, guild_id)

    async def listed(self, guild_id: int, level: Level | None = None) -> list[ListedPrompt]:
        """As `offered`, each with its set, easy prompts first; only of `level` where one is named."""
        shipped = [ListedPrompt(prompt, name) for name, prompts in sets().items() for prompt in prompts]
        entries = shipped + [ListedPrompt(prompt, OURS) for prompt in await self.own(guild_id)]
        wanted = [entry for entry in entries if level in (None, entry.prompt.level)]
        return sorted(wanted, key=lambda entry: _ORDER.index(entry.prompt.level or Level.EASY))

    async def browse(self, guild_id: int, level: Level | None = None, page: int = 1) -> Page:
        """One page of `listed`; the last page for a number beyond it, the first for a number below 1."""
        entries = await self.listed(guild_id, level)
        pages = -(-len(entries) // PAGE)
        number = min(max(1, page), pages)
        shown = entries[(number - 1) * PAGE : number * PAGE]
        return Page(tuple(shown), number, pages, len(entries), level)

    async def own(self, guild_id: int) -> list[Prompt]:
        """The prompts that this server's moderators accepted, oldest first."""
        return [proposal.prompt for proposal in await self.store.prompts.of_state(guild_id, "accepted")]

    async def waiting(self, guild_id: int, *, is_moderator: bool) -> list[Proposal]:
        """The proposals that wait for a moderator, oldest first."""
        _require(is_moderator)
        return await self.store.prompts.of_state(guild_id, "waiting")

    async def propose(self, guild_id: int, text: str, level: Level | None, *, by: int) -> Proposal:
        """Stores a member's proposal to wait for a moderator, after the safety check that played prompts pass."""
        proposal = await self._keep(guild_id, _fit(text), level, author_id=by)
        _log.info("prompt proposed", guild=guild_id, number=proposal.number)
        return proposal

    async def review(self, guild_id: int, *, is_moderator: bool, at: int = 0) -> ProposalReview:
        """The first waiting proposal from number `at` on, else the first of all."""
        waiting = await self.waiting(guild_id, is_moderator=is_moderator)
        if not waiting:
            return ProposalReview()
        return ProposalReview(next((one for one in waiting if one.number >= at), waiting[0]), len(waiting) - 1)

    async def accept(self, guild_id: int, number: int, level: Level | None, *, is_moderator: bool) -> Proposal:
        """Accepts a proposal into the server's prompts, at this level or else the proposed one."""
        _require(is_moderator)
        level = level or (await self.store.prompts.get(guild_id, number)).level
        if level is None:
            raise BadInput(f"Nobody said how hard prompt {number} is; please choose a level to accept it at.")
        if len(await self.own(guild_id)) >= OWN_MAX:
            raise BadInput(f"{OWN_MAX} prompts are on this server's list; please remove one before accepting another.")
        return await self._settle(guild_id, number, "accepted", level)

    async def decline(self, guild_id: int, number: int, *, is_moderator: bool) -> Proposal:
        """Declines a proposal; its author may propose the words again."""
        _require(is_moderator)
        return await self._settle(guild_id, number, "declined")

    async def remove(self, guild_id: int, named: str, *, is_moderator: bool) -> Prompt:
        """Removes one of the server's own prompts; games that played it keep it."""
        _require(is_moderator)
        if look_up(named) is not None:
            raise BadInput("That prompt comes with the game and stays; only this server's own can be removed.")
        prompt = look_up(named, await self.own(guild_id))
        if prompt is None or prompt.slug is None:
            raise NotFound("No prompt of this server is called that; please pick one from the list.")
        number = int(prompt.slug.rpartition("-")[2])
        if not await self.store.prompts.settle(guild_id, number, "removed", only_from="accepted"):
            raise BadInput(f"{prompt.slug} was removed already; somebody was faster.")
        _log.info("prompt removed", guild=guild_id, number=number)
        return prompt

    async def generate(self, guild_id: int, *, is_moderator: bool) -> Generated:
        """Has a chat model write prompts, which wait for a moderator like any proposal.

        Raises NotAllowed while the server is paused or where no chat model can be asked, OverBudget where the
        server's limits or budgets do not allow them, and any other TelephoneError of the call.
        """
        _require(is_moderator)
        await self.store.servers.check_open(guild_id)
        if len(await self.store.prompts.of_state(guild_id, "waiting")) + sum(WANTED.values()) > WAITING.server:
            raise OverBudget("Too many prompts wait for a decision here; please review some before asking for more.")
        written = await self.writer.write(guild_id)
        kept: list[Proposal] = []
        left_out: Counter[Flaw] = Counter({"extra": written.extra})
        tried: Proposal | Flaw
        for draft in written.drafts:
            down = left_out["unchecked"] > 0  # once the check is down, do not make the member wait for it again
            tried = "unchecked" if down else await self._try(guild_id, draft.text, draft.level, written.writer)
            if isinstance(tried, Proposal):
                kept.append(tried)
            else:
                left_out[tried] += 1
        _log.info("prompts generated", guild=guild_id, kept=len(kept), usd=written.usd, writer=written.writer)
        return Generated(written.writer, tuple(kept), +left_out, written.missing, written.usd)

    async def _try(self, guild_id: int, text: str, level: Level, writer: str) -> Proposal | Flaw:
        try:
            words = _fit(text)
        except BadInput:
            return "unfit"
        try:
            return await self._keep(guild_id, words, level, writer=writer)
        except TelephoneError as error:
            return next((flaw for kind, flaw in _FLAWS.items() if isinstance(error, kind)), "unchecked")

    async def _keep(
        self,
        guild_id: int,
        words: str,
        level: Level | None,
        *,
        author_id: int | None = None,
        writer: str | None = None,
    ) -> Proposal:
        if twin := _curated().get(hash_of(words)):
            raise BadInput(f"That prompt is on the list already, as {twin.slug}; /telephone start plays it.")
        await self.guard.prompt(words, nsfw=False)
        return await self.store.prompts.propose(guild_id, words, level, WAITING, author_id=author_id, writer=writer)

    async def _settle(self, guild_id: int, number: int, to: ProposalState, level: Level | None = None) -> Proposal:
        if not await self.store.prompts.settle(guild_id, number, to, only_from="waiting", level=level):
            raise BadInput(f"Prompt {number} does not wait any more; somebody was faster.")
        _log.info("prompt settled", guild=guild_id, number=number, state=to)
        return await self.store.prompts.get(guild_id, number)


_FLAWS: Final[Mapping[type[TelephoneError], Flaw]] = {BadInput: "twin", Refused: "stopped", OverBudget: "full"}


def _fit(text: str) -> str:
    """The cleaned text of a proposal. Raises BadInput where it cannot be one."""
    words = clean_prompt(text, PROPOSAL_MAX)
    if words.startswith("#") and " " not in words:
        raise BadInput("A prompt is a scene in words, not a name such as #easy-001; please describe one.")
    return words


def _require(is_moderator: bool) -> None:
    if not is_moderator:
        raise NotModerator


@cache
def _curated() -> Mapping[str, Prompt]:
    """The curated prompts by `hash_of` their words."""
    return {hash_of(prompt.text): prompt for prompt in curated()}
