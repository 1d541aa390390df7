"""Prompts written by a chat model, as in the article: the question, reading the answer, and booking its cost."""

import asyncio
import json
import random
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from telephone.domain.budgets import Caps
from telephone.domain.calls import Answer, Ask
from telephone.domain.games import Level
from telephone.errors import BadOutput, NotAllowed, NothingSaid, Refused, TelephoneError, TimedOut
from telephone.models.players import Players
from telephone.providers.answer_text import spoken
from telephone.providers.base import ModelTable
from telephone.providers.reasoning import most_call_usd
from telephone.store import Expense, Order, Store

WANTED: Final[Mapping[Level, int]] = {Level.EASY: 3, Level.MEDIUM: 3, Level.HARD: 3, Level.IMPOSSIBLE: 1}
"""How many prompts of each level are asked for at a time, as in the article."""
WRITE_WITHIN: Final = 180.0
"""How long an answer may take, in seconds, waits and retries included: a member waits for it."""
SUBJECTS: Final = (
    *("weather", "a kitchen", "a harbour", "old machines", "birds", "a shared meal", "maps", "a garden", "night work"),
    *("stairs", "music", "ice", "letters", "a long journey", "market day", "tools", "a theatre", "rivers", "games"),
    *("insects", "a rehearsal", "glass", "sport", "a workshop", "festivals", "deserts", "shoes", "moving house"),
)
"""Some of these subjects are suggested in each question, so that the answers differ."""
_FENCE: Final = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL | re.IGNORECASE)
_QUESTION: Final = """\
You write prompts for a game of telephone: one model paints a prompt, another says what it sees in the painting, the \
first paints those words, and so on for ten rounds. What is left of the prompt at the end is the point of the game.
Write {wanted}.
- easy: one subject and one relation, in a single sentence.
- medium: three to five things, each in its place.
- hard: many people or animals at once, with counts, places, words to read, or relations that are hard to paint.
- impossible: a whole world that no single painting can hold, in 50 to 70 words.
Each is a scene that can be seen, in plain English, fit for everybody, without living people or brands. No two are \
alike. Some may have to do with {subjects}.
Answer with JSON and nothing else, in this form:
{form}"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A prompt as the model wrote it."""

    text: str
    level: Level


@dataclass(frozen=True, slots=True)
class Written:
    """The drafts of a chat model: at most as many of each level as were asked for.

    `extra` counts drafts beyond that, `missing` those it did not write. `usd` is the cost.
    """

    writer: str
    drafts: tuple[Draft, ...]
    extra: int = 0
    missing: Mapping[Level, int] = field(default_factory=dict)
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class PromptGenerator:
    """Asks the configured chat model: the one that the operator names, or the first that is ready."""

    players: Players
    store: Store
    caps: Caps
    named: str | None = None

    async def write(self, guild_id: int) -> Written:
        """Asks once for all of WANTED, at a server's expense and within its daily budget.

        Raises NotAllowed where no chat model can be asked, OverBudget, BadOutput where the answer cannot be
        read, and any other TelephoneError of the call.
        """
        table = chosen(self.players, self.named)
        order = Order(most_call_usd(table), self.caps)
        async with self.store.expenses.paying("prompts", order, guild_id=guild_id) as expense:
            answer, usd = await self._answer(table, expense)
        return replace(read(spoken(answer.text or "").strip(), table.name), usd=usd)

    async def _answer(self, table: ModelTable, expense: Expense) -> tuple[Answer, float]:
        """The answer and its cost. A failed call that may have been made is booked at its full price."""
        seed, patient = secrets.randbelow(2**31), replace(self.players, deadline=WRITE_WITHIN)
        ask, usd, doubts = Ask(seed=seed, text=question(seed)), 0.0, 0

        async def lost() -> None:
            nonlocal doubts
            doubts += 1

        try:
            ticket = await patient.submit(table.name, ask, "", lost=lost)
            answer = await patient.collect(table.name, ask, ticket)
            usd = table.price_usd if answer.cost_usd is None else answer.cost_usd
            doubts = max(doubts, ticket.maybe_billed_twice or answer.maybe_billed_twice)
        except (Refused, BadOutput, TimedOut, asyncio.CancelledError) as error:
            known = error.cost_usd if isinstance(error, TelephoneError) else None
            usd = table.price_usd if known is None else known
            if isinstance(error, Refused):
                raise Refused(f"{table.name} declined to write prompts; please try again.", error.reason) from error
            if isinstance(error, BadOutput) and not isinstance(error, NothingSaid):
                raise _unreadable(table.name) from error
            raise
        finally:
            usd = usd * (1 + doubts) if usd else doubts * table.price_usd
            if usd:
                await self.store.expenses.spend(expense.id, usd)
        return answer, usd


def chosen(players: Players, named: str | None = None) -> ModelTable:
    """The chat model that writes prompts. Raises NotAllowed, which says what to set; NotFound for an unknown name."""
    tables = [players.registry.table(named, "chat")] if named else players.registry.of_kind("chat")
    missing = {table.name: players.why_not(table) for table in tables}
    for table in tables:
        if missing[table.name] is None:
            return table
    why = "; ".join(f"{name}: {reason}" for name, reason in missing.items()) or "none is listed"
    raise NotAllowed(
        f"No chat model can write prompts here yet ({why}); "
        "the operator can set that right, or name another with TELEPHONE_CHAT."
    )


def question(seed: int) -> str:
    """The question to the model; each seed suggests other subjects."""
    wanted = ", ".join(f"{count} {level}" for level, count in WANTED.items())
    form = json.dumps({level: ["…"] * count for level, count in WANTED.items()}, ensure_ascii=False)
    subjects = ", ".join(random.Random(seed).sample(SUBJECTS, 4))
    return _QUESTION.format(wanted=f"{wanted} prompt", subjects=subjects, form=form)


def read(text: str, who: str) -> Written:
    """The prompts of an answer: an object with a list of texts for each level, and nothing else.

    Raises BadOutput for anything else, and where there is no prompt at all.
    """
    fenced = _FENCE.fullmatch(text)
    try:
        document = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        raise _unreadable(who) from None
    if not isinstance(document, dict) or not document.keys() <= set(Level) or not any(document.values()):
        raise _unreadable(who)
    if not all(isinstance(texts, list) and all(isinstance(one, str) for one in texts) for texts in document.values()):
        raise _unreadable(who)
    written = {level: document.get(level, []) for level in WANTED}
    drafts = tuple(Draft(one, level) for level, texts in written.items() for one in texts[: WANTED[level]])
    missing = {level: WANTED[level] - len(texts) for level, texts in written.items() if len(texts) < WANTED[level]}
    return Written(who, drafts, sum(map(len, written.values())) - len(drafts), missing)


def _unreadable(who: str) -> BadOutput:
    return BadOutput(f"What {who} sent back cannot be read as a list of prompts; please try again.")
