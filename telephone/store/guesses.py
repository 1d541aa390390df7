"""Guesses of spectators: one step for each member, game and question."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import col

from telephone.domain.games import Kind, StepKey
from telephone.domain.guesses import Question
from telephone.store.database import Database
from telephone.store.games import guild_of
from telephone.store.tables.columns import now
from telephone.store.tables.guesses import GuessRow


class Guesses:
    """The queries of guesses. The table's key allows one guess for each member and question of a game."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, game_id: str, question: Question, member_id: int, key: StepKey, *, stays: bool = False
    ) -> StepKey:
        """Stores a guess in place of the member's earlier one; with `stays`, an earlier guess is not replaced.

        Returns the guess that is stored then. Raises NotFound.
        """
        choice = {"turn": key.turn, "kind": key.kind.value, "guessed_at": now()}
        whose = {"game_id": game_id, "question": question.value, "member_id": member_id}
        async with self._database.writing() as session:
            guild_id = await guild_of(session, game_id)
            row = self._database.insert(GuessRow).values(**whose, **choice, guild_id=guild_id)
            if stays:
                await session.execute(row.on_conflict_do_nothing())
            else:
                await session.execute(row.on_conflict_do_update(index_elements=list(whose), set_=choice))
            query = select(GuessRow).where(_is(game_id, question), col(GuessRow.member_id) == member_id)
            return _key((await session.scalars(query)).one())

    async def get(self, game_id: str, question: Question, member_id: int) -> StepKey | None:
        """The step that a member chose, None if they have not."""
        query = select(GuessRow).where(_is(game_id, question), col(GuessRow.member_id) == member_id)
        async with self._database.reading() as session:
            row = (await session.scalars(query)).first()
            return None if row is None else _key(row)

    async def tally(self, game_id: str, question: Question) -> Mapping[StepKey, int]:
        """How many members chose each step, in the game's order; steps that nobody chose are left out."""
        step = col(GuessRow.turn), col(GuessRow.kind)
        query = select(*step, func.count()).where(_is(game_id, question)).group_by(*step)
        async with self._database.reading() as session:
            counts = {StepKey(turn, Kind(kind)): int(count) for turn, kind, count in await session.execute(query)}
        return {key: counts[key] for key in sorted(counts, key=lambda key: key.index)}


def _is(game_id: str, question: Question) -> ColumnElement[bool]:
    return and_(col(GuessRow.game_id) == game_id, col(GuessRow.question) == question.value)


def _key(row: GuessRow) -> StepKey:
    return StepKey(row.turn, Kind(row.kind))
