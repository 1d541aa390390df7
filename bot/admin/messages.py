"""Answers to one member, as text: status, models, limits, the permission check. Pure."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from bot.battles.messages import standing as standing_battle
from bot.games.messages import STATES
from bot.parties.messages import standing as standing_party
from bot.ui.posts import span, turn_now
from bot.ui.text import escape, excerpt, lines_that_fit
from bot.ui.wording import ANSWER_MAX, NEEDED
from telephone.domain.battles import Battle
from telephone.domain.budgets import Allowance
from telephone.domain.games import GameState
from telephone.domain.parties import Party
from telephone.domain.servers import ServerSettings, said
from telephone.games.service import UnfinishedGame
from telephone.models.catalog import ModelFacts
from telephone.store import Scope

_KINDS: Final = {
    "t2i": "Draw pictures",
    "i2t": "Write captions",
    "embedder": "Measure distances",
    "chat": "Write prompts",
}


def status(standings: Sequence[UnfinishedGame], battles: Sequence[Battle] = (), parties: Sequence[Party] = ()) -> str:
    """One line for each unfinished party, battle and game; games of parties and battles are not listed apart."""
    lines = [standing_party(party) for party in parties]
    lines += [*(standing_battle(battle) for battle in battles), *(_standing(one) for one in standings)]
    if not lines:
        return "No game is being played here; `/telephone start` begins one."
    return lines_that_fit(lines, ANSWER_MAX, "- and {n} more")


def models(facts: Sequence[ModelFacts]) -> str:
    """The models that can play now, each with its facts, then the others, grouped by what is missing."""
    lines: list[str] = []
    for kind, title in _KINDS.items():
        of_kind = [fact for fact in facts if fact.kind == kind]
        if not of_kind:
            continue
        lines += ["", f"**{title}**"] if lines else [f"**{title}**"]
        lines += [_ready(fact) for fact in of_kind if fact.ready] or ["- nobody yet"]
        waiting = sorted((fact for fact in of_kind if not fact.ready), key=lambda fact: fact.why_not or "")
        for why_not, group in groupby(waiting, key=lambda fact: fact.why_not or "not ready"):
            names = ", ".join(escape(fact.name) for fact in group)
            lines.append(f"- {names}: {excerpt(why_not, 160)}")
    return lines_that_fit(lines, ANSWER_MAX, "- and {n} lines more; `telephone models` in a terminal shows all")


def check(channel: str, missing: Sequence[str], needed: Mapping[str, str] = NEEDED) -> str:
    """The permission checklist of a channel: the conclusion, then the list. `channel` is a mention."""
    rows = [f"- {words}: {'missing' if name in missing else 'yes'}" for name, words in needed.items()]
    verdict = (
        f"Something is missing in {channel}. Please allow it, for my role or in the channel's settings, "
        "and run this again."
        if missing
        else f"All set; games can be played in {channel}."
    )
    return "\n".join([verdict, *rows])


def limits(settings: ServerSettings) -> str:
    """The current value of every setting that the command offers."""
    return "\n".join(said(settings, "limits", span))


def budget(allowed: Mapping[Scope, Allowance]) -> str:
    """The daily budgets of a server, and how much of today's is spent or reserved."""
    server, member = allowed["server"], allowed["member"]
    today = f"${server.taken_usd:,.2f} of today's is spent or reserved"
    return "\n".join(
        (
            f"Games here may cost ${server.cap_usd:,.2f} a day; {today}.",
            f"{_a_day(server)} may be started here; {server.played} were today.",
            f"The games of one member may cost ${member.cap_usd:,.2f} a day; {_a_day(member).lower()} may be theirs.",
            "Days begin at 00:00 UTC; games that cost nothing need no budget.",
        )
    )


def paused(count: int) -> str:
    return f"{_games(count)} paused, and none starts until `/telephone-admin resume`. Nothing more is spent."


def resumed(count: int) -> str:
    return f"Games may be played again; {_games(count).lower()} going on."


def _a_day(allowance: Allowance) -> str:
    if allowance.games is None:
        return "Any number of games a day"
    return "1 game a day" if allowance.games == 1 else f"{allowance.games} games a day"


def _standing(one: UnfinishedGame) -> str:
    game = one.game
    place = f", place {one.place}" if one.place else ""
    turn = "" if game.state is GameState.QUEUED else f", turn {turn_now(game)} of {game.request.turns}"
    # A mention shows the thread's name, and with it the pair.
    where = f"in <#{game.place.thread_id}>" if game.place.thread_id else escape(str(game.pair))
    return f"- #{game.number} {where}: {STATES[game.state]}{place}{turn}"


def _ready(fact: ModelFacts) -> str:
    price = f", about {_price(fact.price_usd)} a call" if fact.price_usd else ""
    about = f": {excerpt(fact.about, 120)}" if fact.about else ""
    return f"- {escape(fact.name)}{price}{about}"


def _price(usd: float) -> str:
    """The price of a call, with two to four decimals, since single calls cost little."""
    whole = f"{usd:.4f}"
    return "$" + (whole[:-2] if whole.endswith("00") else whole.rstrip("0"))


def _games(count: int) -> str:
    return "1 game is" if count == 1 else f"{count or 'No'} games are"
