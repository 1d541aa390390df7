"""The answers to the three questions as values, and the part on which all embedders that were asked agree. Pure.

A best model and a verdict need all of them to agree, on whole captions and on their first 75 tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telephone.domain.games import NO_GUILD, Level
from telephone.leaderboards.board import BoardRequest, Judge
from telephone.scoring.factor_effects import Factor, Insights, factors
from telephone.scoring.intervals import Interval


@dataclass(frozen=True, slots=True)
class InsightQuestion:
    """A request for the three answers. A level of None means all levels; a turn or embedder of None is chosen."""

    guild_id: int = NO_GUILD
    level: Level | None = None
    turn: int | None = None
    embedder: str | None = None

    @property
    def board(self) -> BoardRequest:
        """The board of the same games, on curated prompts alone."""
        return BoardRequest(self.guild_id, level=self.level, embedder=self.embedder, turns=self.turn)


@dataclass(frozen=True, slots=True)
class EmbedderAnswer:
    """The answers by one embedder; `who` is its label, and says so where it measured only the first 75 tokens."""

    who: str
    found: Insights


@dataclass(frozen=True, slots=True)
class InsightAnswer:
    """The answer to `asked`, which names the embedder and the turn it is for.

    `found` has the figures of `judge`, and only those verdicts on which all agree; None where no game is measured.
    `told` has the answers of each by itself. `unmeasured` finished games of so many turns are not measured by `judge`,
    which cannot read the words of `unread` ones. `kin` names the models that played and are kin of it, `judges` the
    labels of all embedders that were asked.
    """

    asked: InsightQuestion
    judge: Judge
    found: Insights | None
    told: tuple[EmbedderAnswer, ...] = ()
    unmeasured: int = 0
    unread: int = 0
    kin: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()

    @property
    def turn(self) -> int:
        assert self.asked.turn is not None
        return self.asked.turn


@dataclass(frozen=True, slots=True)
class TurnEffects:
    """The answer at one turn: each kind's share of all variation, and θ²_T - θ²_I; None where they are not known."""

    turn: int
    prompts: int
    t2i: Interval | None
    i2t: Interval | None
    difference: Interval | None


@dataclass(frozen=True, slots=True)
class EffectCourse:
    """The answers turn by turn, of the games that got as far as asked, by one embedder alone."""

    asked: InsightQuestion
    judge: Judge
    moments: tuple[TurnEffects, ...]


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How far the average pair drifts on one prompt, beside the level that was declared; None where not known."""

    prompt: str
    level: Level | None
    measured: Interval | None


@dataclass(frozen=True, slots=True)
class Difficulties:
    """All prompts that can be compared, in the order of their levels and names, at one turn."""

    asked: InsightQuestion
    judge: Judge
    prompts: tuple[Difficulty, ...]


def reconciled(told: Sequence[EmbedderAnswer], missing: Sequence[str]) -> Insights:
    """The figures of the first answer, with only those best models and that verdict on which all of `told` agree.

    `missing` are the labels of embedders that have to agree too but measured nothing here.
    """
    found = told[0].found
    t2i, i2t = (_best([(one.who, factors(one.found)[side]) for one in told], missing) for side in factors(found))
    doubt = _doubt([(one.who, one.found.verdict, one.found.why) for one in told], missing)
    if found.verdict is not None and doubt is not None:
        found = replace(found, verdict=None, why=doubt, more_prompts=None)
    return replace(found, t2i=t2i, i2t=i2t)


def _best(told: Sequence[tuple[str, Factor]], missing: Sequence[str]) -> Factor:
    factor = told[0][1]
    doubt = _doubt([(who, one.best, one.why) for who, one in told], missing)
    return factor if factor.best is None or doubt is None else replace(factor, best=None, why=doubt, more_prompts=None)


def _doubt(answers: Sequence[tuple[str, str | None, str | None]], missing: Sequence[str]) -> str | None:
    """Why the first (who, answer, why not) does not hold by all, None where it does."""
    (first, said, _), *others = answers
    if missing:
        return f"{first} has an answer, but {' and '.join(missing)} has to agree and measured no game here"
    for who, other, why in others:
        if other is None:
            return f"{first} has an answer, but by {who} {why}"
        if other != said:
            return f"{first} and {who} do not agree"
    return None
