"""The three answers in words, for the terminal and for Discord alike. Pure.

`shown` makes names and labels fit for the place; nothing else in a sentence came from people or models.
"""

from collections.abc import Callable
from itertools import groupby
from math import floor, log10
from typing import Final

from telephone.leaderboards.board import Judge
from telephone.leaderboards.insight_results import EmbedderAnswer, InsightAnswer, InsightQuestion, TurnEffects
from telephone.leaderboards.wording.board import left_out
from telephone.scoring.crossed_effects import Side
from telephone.scoring.factor_effects import FEWEST_PROMPTS, Insights, factors
from telephone.scoring.intervals import Interval

KINDS: Final[dict[Side, str]] = {"t2i": "T2I", "i2t": "I2T"}
PAIRS_NAMED: Final = 6
"""How many pairs that lack games are named."""

Shown = Callable[[str], str]


def heading(asked: InsightQuestion, judge: Judge, what: str = "What matters at turn {turn}", shown: Shown = str) -> str:
    """`What matters at turn 10, hard prompts, ImageBind`: of which games, by which embedder."""
    return f"{what.format(turn=asked.turn)}, {asked.level or 'curated'} prompts, {shown(plain(judge.label))}"


def notes(answer: InsightAnswer, shown: Shown = str, *, rescore: str = "/telephone-admin rescore") -> list[str]:
    """What must be said beside the answers, a sentence each."""
    name, said = shown(plain(answer.judge.label)), []
    if answer.unmeasured > 0:
        are = "is" if answer.unmeasured == 1 else "are"
        said.append(f"{_count(answer.unmeasured, 'game')} {are} not measured with {name} yet; {rescore} does that.")
    if answer.unread:
        said.append(left_out(answer.unread, name))
    if len(answer.told) > 1:
        said += [told(one, shown) for one in answer.told]
    if answer.kin:
        said.append(f"Kin of {name}, which may please it: {', '.join(map(shown, answer.kin))}.")
    if answer.found is not None:
        said.append("Answers hold among these models, for prompts like these. Distances understand English only.")
    return said


def told(one: EmbedderAnswer, shown: Shown = str) -> str:
    """What one embedder says by itself, where several have to agree."""
    bests = [f"best {KINDS[side]} {shown(factor.best or 'unknown')}" for side, factor in factors(one.found).items()]
    verdict = one.found.verdict
    more = "what matters more unknown" if verdict is None else f"{KINDS[verdict]} matters more"
    return f"{shown(plain(one.who))} alone: {', '.join(bests)}, {more}."


def nothing_here(answer: InsightAnswer) -> str:
    """Why there is no answer at all, and what to do."""
    level = f"{answer.asked.level} " if answer.asked.level else ""
    if answer.unmeasured > 0:
        return f"No game on a curated {level}prompt is measured with this embedder yet."
    if answer.unread:
        return f"This embedder cannot read the words of the games on a curated {level}prompt here."
    return f"No game on a curated {level}prompt has got to turn {answer.turn} here yet."


def among(found: Insights, *, shown: Shown = str) -> str:
    """What the answers hold for."""
    left = f" {_count(found.left_out, 'prompt')} could not connect them." if found.left_out else ""
    if found.absent:
        left += f" Not among them, on too few prompts so far: {', '.join(map(shown, found.absent))}."
    played = f"{_count(found.prompts, 'prompt')}, {_count(found.games, 'game')}"
    return f"Among these {found.t2i.models} T2I and {found.i2t.models} I2T, on {played}.{left}"


def best(found: Insights, side: Side, *, closer: str = "closer", shown: Shown = str) -> str:
    """Which model of one kind is best and by how much, or why none is and how many games it may take."""
    factor = factors(found)[side]
    if factor.best is None:
        ahead = f"; {shown(factor.effects[0][0])} is ahead so far" if factor.effects else ""
        return f"Best {KINDS[side]}: {shown(factor.why or '')}{ahead}{_more(more_games(found, factor.more_prompts))}."
    lead = dict(factor.effects)[factor.best]
    low, high = sorted((abs(lead.low), abs(lead.high)))
    by, *ends = figures(abs(lead.estimate), low, high, shown=2, least=2)
    named = f"{shown(factor.best)}, {by} {closer} than the average of {factor.models}"
    return f"Best {KINDS[side]}: {named} ({' to '.join(ends)})."


def too_early(found: Insights, *, shown: Shown = str) -> str | None:
    """All three answers as one sentence where there are too few prompts for any."""
    if found.prompts >= FEWEST_PROMPTS:
        return None
    names = [shown(factor.effects[0][0]) for factor in factors(found).values() if factor.effects]
    ahead = f"; ahead so far: {', '.join(names)}" if names else ""
    more = _more(more_games(found, found.more_prompts))
    return f"too early, with {found.prompts} of {FEWEST_PROMPTS} prompts{ahead}{more}."


def matters_more(found: Insights, *, shown: Shown = str) -> str:
    """Which kind matters more, with each kind's share of all variation, or why that is not known."""
    order: tuple[Side, Side] = ("i2t", "t2i") if found.verdict == "i2t" else ("t2i", "i2t")
    shares = [factors(found)[side].share for side in order]
    known = [f"{KINDS[side]} {percent(share)}" for side, share in zip(order, shares, strict=True) if share]
    told = "; ".join(one if n else one.replace("%", "% of variation", 1) for n, one in enumerate(known))
    if found.verdict is None:
        why = f"{shown(found.why or '')}{_more(more_games(found, found.more_prompts))}"
        return f"Matters more: {why}.{told and f' {told}.'}"
    if len(known) < len(order):
        return f"Matters more: {KINDS[found.verdict]}."
    return f"Matters more: {told.replace(' ', ', ', 1)}."


def moment_words(moment: TurnEffects) -> str:
    """`T2I 41% (30 to 52), I2T 18% (10 to 27); T2I matters more`: what is known after one turn."""
    shares = zip(KINDS.values(), (moment.t2i, moment.i2t), strict=True)
    told = ", ".join(f"{kind} {percent(share)}" for kind, share in shares if share)
    if moment.difference is None:
        return told or f"too early, with {_count(moment.prompts, 'prompt')}"
    first = KINDS["t2i" if moment.difference.estimate > 0 else "i2t"]
    more = f"{first} matters more" if moment.difference.excludes(0) else "undecided"
    return "; ".join(filter(None, (told, more)))


def without_one(found: Insights) -> str | None:
    """How far the difference of the two depends on who takes part."""
    if found.extent is None:
        return None
    whole, low, high = figures(found.estimate, *found.extent)
    return f"T2I minus I2T, as variance: {whole}; with any one model left out, from {low} to {high}."


def lacking(found: Insights, *, shown: Shown = str) -> str | None:
    """Which pairs lack how many games until anything can be declared."""
    if not found.missing:
        return None
    games = {games for _, games in found.missing}
    if len(games) == 1 and len(found.missing) == found.t2i.models * found.i2t.models:
        return f"Missing: {_count(games.pop(), 'game')} of every pair, each on a prompt that it has not played."
    named = found.missing[:PAIRS_NAMED]
    parts = []
    for lack, of in groupby(named, key=lambda one: one[1]):
        pairs = [shown(str(pair)) for pair, _ in of]
        parts.append(f"{_count(lack, 'game')}{' each' if len(pairs) > 1 else ''} of {', '.join(pairs)}")
    unnamed = len(found.missing) - len(named)
    more = f"; and some of {_count(unnamed, 'pair')} more" if unnamed else ""
    return f"Missing: {'; '.join(parts)}{more}; each on a prompt that its pair has not played."


def more_games(found: Insights, prompts: int | None) -> int | None:
    """How many games so many more prompts are, with what is missing on those that were played."""
    if prompts is None:
        return None
    whole = prompts * found.t2i.models * found.i2t.models
    lacking_now = sum(games for _, games in found.missing)
    return lacking_now or whole if found.prompts < FEWEST_PROMPTS else whole


def span(interval: Interval) -> str:
    """`0.31 (0.27 to 0.35)`."""
    return f"{interval.estimate:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def figures(*numbers: float, shown: int = 3, least: int = 0) -> tuple[str, ...]:
    """Numbers with as many decimals, at `least` some, as show so many digits of the largest."""
    largest = max(map(abs, numbers))
    digits = least if largest == 0 else max(least, shown - 1 - floor(log10(largest)))
    return tuple(f"{number:.{digits}f}" for number in numbers)


def plain(label: str) -> str:
    """An embedder's label without brackets: `MiniLM (offline)` becomes `MiniLM, offline`."""
    return label.replace(" (", ", ").replace(")", "")


def percent(share: Interval) -> str:
    """`41% (30 to 52)`; a share that chance made negative or more than all is shown as 0 or 100."""
    middle, low, high = (round(100 * min(max(x, 0.0), 1.0)) for x in (share.estimate, share.low, share.high))
    return f"{middle}% ({low} to {high})"


def _more(games: int | None) -> str:
    return "" if games is None else f"; about {_count(games, 'more game')}"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
