"""What is checked when all is over, from outside: the messages of Discord, the bills of the providers, the database."""

import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from chaos_process import MAY_START_AGAIN
from chaos_rows import Stored
from chaos_stage import Stage, answer_of
from load_rows import Found
from simcord.components import walk_components

from bot.ui import wording
from telephone.domain.games import HUMAN, StepKey, step_seed
from telephone.domain.interactions import key_of
from telephone.engine.outcomes import BROKEN
from telephone.models.pricing import ATTEMPTS
from telephone.models.registry import Registry
from telephone.providers.base import ModelTable
from tests.standin.records import Message

ENDED: Final = frozenset({"finished", "stopped", "failed", "closed", "void"})
STARTS: Final = frozenset({"offline", "replicate", "openai", "members", "battle", "party"})
_TOLD: Final = re.compile(r"^(?:Game #|Battle |Party )\d+")
_NOT_FOUND: Final = frozenset({"chaos-paint", "chaos-eye"})
"""OpenAI's models, of whose calls nobody can know afterwards whether they were made."""
_DEAD: Final = frozenset({"failed", "canceled", "aborted"})
Made: TypeAlias = dict[tuple[str, int | None], list[str]]
"""The references of paid calls by model and seed."""
_CARDS: Final = ("at1:stop:", "at1:again:", "at1:continue:", "at1p:stop:")
"""How the ids of the buttons begin that stand on cards alone, one of each game and party."""
_OPENS: Final = "**The prompt**"
"""How the openings of albums begin, two of which may begin with the same prompt."""
_FEW: Final = 12
"""How many faults of one kind are told in words."""


@dataclass(slots=True)
class Audit:
    """The rows of the table, and the faults in words."""

    here: Stage
    stored: Stored
    tables: dict[str, ModelTable]
    """The tables of the models that providers know, by the names that these know them by."""
    found: Found = field(default_factory=Found)

    @classmethod
    def of(cls, here: Stage) -> "Audit":
        """An audit of a stage as it is now."""
        known = Registry.load(("openai", "replicate"), here.models).tables.values()
        return cls(here, Stored.read(here.url), {table.ref: table for table in known})

    def run(self) -> Found:
        """Checks everything."""
        self._row("neither ended nor paused with a reason", self._stuck())
        self._row("ended by a fault of ours", self._broken())
        self._row("ended early for another reason", self._ended_early(), goal=None)
        self._row("paused with a reason", self._paused(), goal=None)
        self._row("messages, steps and rounds lost", self._lost())
        self._row("messages doubled", self._doubled())
        self._money()
        self._row("acknowledged and not answered", self._unanswered())
        self._row("answered only with what to do, as the store was slow", self._only_told(), goal=None)
        self._row("starts told otherwise than they are stored", self._told_wrong())
        self._row("answers that say that something broke", self._apologies())
        self._row("tokens of interactions kept", [f"{self.stored.tokens} rows"] * self.stored.tokens)
        self._row("ended with a status that no service manager repeats", self._ends())
        self._row("tracebacks", self._tracebacks())
        return self.found

    @property
    def is_waiting(self) -> bool:
        """Whether messages, answers, settled money or the end of something are still to come."""
        ended = {row.id for row in self.stored.games if row.state in ENDED}
        late = (self._stuck(), self._lost(), self._unanswered(), iter(ended & self.stored.unsettled))
        return self.stored.tokens > 0 or any(next(one, None) is not None for one in late)

    def _row(self, what: str, faults: Iterable[str], goal: int | None = 0) -> None:
        told = list(faults)
        self.found.add(what, len(told), goal, counted=True)
        if goal is not None:
            more = [f"... and {len(told) - _FEW} more"] if len(told) > _FEW else []
            self.found.faults += [f"{what}: {one}" for one in (*told[:_FEW], *more)]

    # How things ended

    def _stuck(self) -> Iterator[str]:
        for kind, row in self.stored.owned():
            paused = row.state == "paused" and row.reason and row.reason.endswith(".") and row.reason != BROKEN
            if row.state not in ENDED and not paused:
                yield f"{kind} {row.number} of {row.guild_id} ({row.id}) is {row.state}: {row.reason}"

    def _broken(self) -> Iterator[str]:
        return (f"{kind} {row.number} ({row.id})" for kind, row in self.stored.owned() if row.reason == BROKEN)

    def _ended_early(self) -> list[str]:
        return [
            str(row.reason)
            for _, row in self.stored.owned()
            if row.state in ("failed", "stopped", "void") and row.reason != BROKEN
        ]

    def _paused(self) -> list[str]:
        return [str(row.reason) for _, row in self.stored.owned() if row.state == "paused"]

    @property
    def reasons(self) -> Counter[str]:
        """Why things ended early or pause, without the turn."""
        said = (*self._ended_early(), *self._paused())
        return Counter(re.sub(r"at turn \d+|\$[\d.]+", "…", reason) for reason in said)

    # Discord

    def _lost(self) -> Iterator[str]:
        for game in self.stored.games:
            if game.state == "finished":
                yield from self._lost_of(game)
        for battle in (one for one in self.stored.battles if one.state == "closed"):
            wanted = [*(f"round-{turn}" for turn in range(1, battle.turns + 1)), "opening", "ballot", "call", "result"]
            yield from self._unposted("battle", battle, wanted)
        for party in (one for one in self.stored.parties if one.state == "finished"):
            wanted = [f"{what}-{n}" for what in ("album", "replay") for n in range(1, party.chairs + 1)]
            yield from self._unposted("party", party, ["prompts", *wanted, "awards"])

    def _lost_of(self, game: Any) -> Iterator[str]:
        kept = [step for step in self.stored.steps[game.id] if step.kept_at is not None]
        if len(kept) != 2 * game.turns:
            yield f"game {game.number} ({game.id}) has {len(kept)} of {2 * game.turns} steps"
        if game.design == "battle":
            return
        shown = [f"{step.turn}{step.kind}" for step in kept]
        yield from self._unposted("game", game, shown if game.design == "party" else ["opening", *shown, "summary"])

    def _unposted(self, kind: str, row: Any, wanted: Iterable[str]) -> Iterator[str]:
        """Messages that are not stored as posted, or that do not stand where they should."""
        posts, thread = self.stored.posts[row.id], self.stored.thread(row.id)
        if thread is None:
            yield f"{kind} {row.number} ({row.id}) has no thread"
        if thread is None or {thread, row.channel_id} & self.here.deleted:
            return
        messages = self.here.discord.world.backend.messages
        for what in wanted:
            message_id = posts.get(what)
            if not any(message_id in messages.get(place, {}) for place in (thread, row.channel_id)):
                yield f"{kind} {row.number} ({row.id}) does not show {what}: {message_id}"

    def _doubled(self) -> Iterator[str]:
        """The same words and files twice in one place, or two cards of one game.

        A game whose thread was deleted goes on with another card; the first one has the id of the deleted thread.
        """
        discord, me = self.here.discord, self.here.discord.world.backend.bot_user.id
        for place in list(discord.world.backend.messages):
            ours = [one for one in discord.messages(place) if one.author_id == me and one.id not in self.here.deleted]
            albums = place in {self.stored.thread(party.id) for party in self.stored.parties}
            said = Counter(_said(one) for one in ours if not (albums and one.text.startswith(_OPENS)))
            yield from (f"{count} times in {place}: {words[0][:80]!r}" for words, count in said.items() if count > 1)
            if place in self.channels:
                cards = Counter(owner for one in ours for owner in _named(one, _CARDS))
                yield from (f"{count} cards of {owner}" for owner, count in cards.items() if count > 1)

    @property
    def channels(self) -> set[int]:
        """The channels in which something was started."""
        return {row.channel_id for _, row in self.stored.owned()}

    # Money

    def _money(self) -> None:
        owners = self._owners()
        billed: defaultdict[str, float] = defaultdict(float)
        calls: Made = defaultdict(list)
        strangers = []
        for reference, call in self.here.apis.calls.items():
            model = self.tables[call.model].name
            owner = self._owner(owners, model, call.seed)
            if owner is None:
                strangers.append(f"a call of {model} with seed {call.seed} belongs to no game")
            else:
                billed[owner] += self._price(call.model)
                calls[model, call.seed].append(reference)
        self._row("paid calls that belong to no game", strangers)
        self._row("predictions paid twice at Replicate", self._paid_twice(owners, calls))
        again = {key: made for key, made in calls.items() if key[0] in _NOT_FOUND and len(made) > 1}
        doubts = [f"{key}" for key, made in again.items() for _ in made[1:]]
        self._row("calls that OpenAI was paid for again, which nobody can know", doubts, goal=None)
        self._row("games billed for more than is booked", self._unbooked(billed))
        ended = {row.id for row in self.stored.games if row.state in ENDED}
        self._row("ended games that still hold money", sorted(ended & self.stored.unsettled))
        spent = sum(self.stored.spent_usd.values())
        self.found.add("billed by the providers, $", round(sum(billed.values()), 3))
        self.found.add("booked by the bot, $", round(spent, 3))

    def _price(self, ref: str) -> float:
        """What the provider bills for a call: by the second where the table says so, else by the call."""
        table = self.tables[ref]
        return (table.second_usd or 0.0) * self.here.apis.predict_seconds or table.price_usd

    def _owners(self) -> dict[int, list[Any]]:
        """The games by the seeds that their steps may be asked with."""
        owners: defaultdict[int, list[Any]] = defaultdict(list)
        for game in self.stored.games:
            for index in range(2 * game.turns):
                for attempt in range(ATTEMPTS):
                    owners[step_seed(game.seed + attempt, StepKey.at(index))].append(game)
        return owners

    def _owner(self, owners: dict[int, list[Any]], model: str, seed: int | None) -> str | None:
        meant = self._meant(owners, model, seed)
        return meant[0].id if meant else None

    def _meant(self, owners: dict[int, list[Any]], model: str, seed: int | None) -> list[Any]:
        """The games for whose steps a model may have been asked with a seed; any model may stand in for a member."""
        kind = {table.name: table.kind for table in self.tables.values()}[model]
        found = owners.get(-1 if seed is None else seed, [])
        return [game for game in found if (game.t2i if kind == "t2i" else game.i2t) in (model, HUMAN)]

    def _paid_twice(
        self, owners: dict[int, list[Any]], calls: dict[tuple[str, int | None], list[str]]
    ) -> Iterator[str]:
        for (model, seed), made in calls.items():
            alive = [one for one in made if (self.here.apis.predictions.get(one) or {}).get("status") not in _DEAD]
            games = self._meant(owners, model, seed)
            if model not in _NOT_FOUND and len(alive) > len(games):
                when = [(self.here.apis.predictions.get(one) or {}).get("created_at", "")[11:23] for one in alive]
                yield f"{model} with seed {seed} for game {games[0].id}: made at {', '.join(when)}"

    def _unbooked(self, billed: dict[str, float]) -> Iterator[str]:
        for game_id, usd in billed.items():
            spent = self.stored.spent_usd.get(game_id, 0.0)
            if usd > spent + 1e-6:
                yield f"game {self.stored.by_id[game_id].number} ({game_id}): ${usd:.4f} billed, ${spent:.4f} booked"

    # Members

    def _unanswered(self) -> Iterator[str]:
        for asked in self.here.asked:
            shown = asked.interaction
            answer = answer_of(shown)
            if answer is not None and answer.loading:
                yield f"{asked.what} ({key_of(shown.id)}) is still thinking"

    def _only_told(self) -> Iterator[str]:
        for asked in self.here.asked:
            answer = answer_of(asked.interaction)
            if answer is not None and answer.text == wording.SLOW_STORE:
                yield asked.what

    def _told_wrong(self) -> Iterator[str]:
        for asked in (one for one in self.here.asked if one.what in STARTS):
            key, answer = key_of(asked.interaction.id), answer_of(asked.interaction)
            told = "" if answer is None else answer.text
            if _TOLD.match(told) and key not in self.stored.by_id:
                yield f"{asked.what} ({key}) was told of and is not stored: {told[:60]}"
            if told == wording.NOT_DONE and key in self.stored.by_id:
                yield f"{asked.what} ({key}) was told to be sent again and is stored"

    def _apologies(self) -> Iterator[str]:
        for asked in self.here.asked:
            answer = answer_of(asked.interaction)
            if answer is not None and wording.BROKEN in answer.text:
                yield f"{asked.what} ({key_of(asked.interaction.id)}): {answer.text.rpartition('Ref')[2].strip()}"

    # Processes

    def _ends(self) -> Iterator[str]:
        for process in self.here.processes:
            yield from (f"{process.name} ended with {end}" for end in process.ends if end not in MAY_START_AGAIN)

    def _tracebacks(self) -> Iterator[str]:
        for line in self.here.logs.splitlines():
            if "Traceback" in line:
                yield _last_words(line)


def _last_words(line: str) -> str:
    """The event and the last line of a traceback in the log."""
    try:
        entry = json.loads(line)
    except ValueError:
        return "outside of the log's own form"
    said = str(entry.get("exception", "")).strip().splitlines()
    return f"{entry.get('event')}: {said[-1][:160] if said else ''}"


def _said(message: Message) -> tuple[str, ...]:
    """The words of a message and what is in its files."""
    return (message.text, *(hashlib.sha256(file.data).hexdigest() for file in message.files))


def _named(message: Message, verbs: tuple[str, ...]) -> set[str]:
    """The owners that the buttons of a message name."""
    ids = (str(part.get("custom_id", "")) for part in walk_components(message.components))
    return {one.split(":")[2] for one in ids if one.startswith(verbs)}
