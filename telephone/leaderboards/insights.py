"""The three questions about a server's games, answered from sums in the store where all embedders agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telephone.concurrency import off_loop
from telephone.domain.games import Level
from telephone.leaderboards.board import Judge, cells_of, have_heads
from telephone.leaderboards.insight_results import (
    Difficulties,
    Difficulty,
    EffectCourse,
    EmbedderAnswer,
    InsightAnswer,
    InsightQuestion,
    TurnEffects,
    reconciled,
)
from telephone.leaderboards.service import LeaderboardService, Reading
from telephone.scoring.factor_effects import difficulty, insights
from telephone.store.scores import CellSums

_LEVELS: Final = {level: place for place, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class InsightService:
    """Answers are cached with the boards', until the data behind them change."""

    boards: LeaderboardService

    async def answer(self, asked: InsightQuestion) -> InsightAnswer:
        """The three answers at one turn. Raises NotFound for an embedder that measured nothing here."""
        read = await self.boards.read(asked.board)
        return await self.boards.while_it_holds("answer", read, lambda: self._answer(read))

    async def course(self, asked: InsightQuestion) -> EffectCourse:
        """The answers turn by turn, up to the one that is asked for. Raises NotFound."""
        read = await self.boards.read(asked.board)

        async def make() -> EffectCourse:
            turns = await self.boards.turn_by_turn(read, asked.level)
            return EffectCourse(_settled(read), read.judges[0], await off_loop(_moments, turns))

        return await self.boards.while_it_holds("course", read, make)

    async def difficulties(self, asked: InsightQuestion) -> Difficulties:
        """How hard every prompt was measured to be, beside its declared level. Raises NotFound."""
        read = await self.boards.read(asked.board)

        async def make() -> Difficulties:
            sums = await self._sums(read, read.judges[0])
            return Difficulties(_settled(read), read.judges[0], await off_loop(_difficulties, sums))

        return await self.boards.while_it_holds("difficulties", read, make)

    async def _answer(self, read: Reading) -> InsightAnswer:
        sums = [(judge, await self._sums(read, judge)) for judge in read.judges]
        told = await off_loop(_told, [one for one in sums if one[1]])
        judge, own = sums[0]
        unread = await self.boards.unread(read)
        names = {name for one in own for name in (one.pair.t2i, one.pair.i2t)}
        return InsightAnswer(
            asked=_settled(read),
            judge=judge,
            found=reconciled(told, [judge.label for judge, measured in sums if not measured]) if own else None,
            told=tuple(told),
            unmeasured=read.unmeasured(own, unread),
            unread=unread,
            kin=tuple(sorted(names & judge.kin)),
            judges=tuple(judge.label for judge in read.judges),
        )

    async def _sums(self, read: Reading, judge: Judge) -> list[CellSums]:
        return await self.boards.store.scores.measured(read.asked.pool, judge.name, judge.version, read.turns)


def _settled(read: Reading) -> InsightQuestion:
    asked = read.asked
    return InsightQuestion(asked.guild_id, asked.level, asked.turns, asked.embedder)


def _told(sums: Sequence[tuple[Judge, Sequence[CellSums]]]) -> list[EmbedderAnswer]:
    """The answers of each embedder that measured anything and, where captions are longer, on their first 75 tokens."""
    told = []
    for judge, measured in sums:
        told.append(EmbedderAnswer(judge.label, insights(cells_of(measured))))
        if have_heads(measured):
            told.append(
                EmbedderAnswer(f"{judge.label} on the first 75 tokens", insights(cells_of(measured, heads=True)))
            )
    return told


def _moments(turns: Sequence[Sequence[CellSums]]) -> tuple[TurnEffects, ...]:
    found = [(turn, insights(cells_of(sums))) for turn, sums in enumerate(turns, 1) if sums]
    return tuple(TurnEffects(turn, one.prompts, one.t2i.share, one.i2t.share, one.difference) for turn, one in found)


def _difficulties(sums: Sequence[CellSums]) -> tuple[Difficulty, ...]:
    levels = {one.prompt: one.level for one in sums}
    rows = [Difficulty(prompt, levels[prompt], measured) for prompt, measured in difficulty(cells_of(sums))]
    return tuple(sorted(rows, key=lambda row: (len(_LEVELS) if row.level is None else _LEVELS[row.level], row.prompt)))
