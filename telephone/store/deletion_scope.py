"""The scope of a deletion: games that began with the member's own words, what they made, and every text of both."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from telephone.domain.deletions import Reach
from telephone.domain.games import GameState
from telephone.domain.human_turns import SeatState
from telephone.store.deletion import batches
from telephone.store.member_data import answers_of
from telephone.store.tables.battles import BattleRow, SideRow
from telephone.store.tables.games import GameRow, PromptRow, StepRow
from telephone.store.tables.human_turns import SeatRow
from telephone.store.tables.parties import GuestRow

_UNENDED: Final = tuple(state.value for state in GameState if not state.is_final)


def started_by(member_id: int) -> ColumnElement[bool]:
    """Whether a member started a game."""
    return col(GameRow.starter_id) == member_id


def unended() -> ColumnElement[bool]:
    """Whether a game has not ended."""
    return col(GameRow.state).in_(_UNENDED)


def _own_words(row: type[GameRow] | type[BattleRow], member_id: int) -> ColumnElement[bool]:
    """Whether a member started a game or battle with words of their own: typed, or of a prompt that they proposed."""
    proposed = select(col(PromptRow.text)).where(
        col(PromptRow.author_id) == member_id, col(PromptRow.guild_id) == col(row.guild_id)
    )
    return and_(
        col(row.starter_id) == member_id,
        or_(col(row.slug).is_(None), col(row.prompt).in_(proposed.correlate(row))),
    )


def _played_by_others(member_id: int) -> ColumnElement[bool]:
    """Whether another member took a turn in the game of a query, or the game is an album of a party."""
    others = (
        select(col(SeatRow.game_id))
        .where(
            col(SeatRow.game_id) == col(GameRow.id),
            col(SeatRow.state) == SeatState.ANSWERED.value,
            col(SeatRow.claimer_id).is_distinct_from(member_id),
        )
        .correlate(GameRow)
    )
    return or_(others.exists(), col(GameRow.design).is_not_distinct_from("party"))


async def reach_of(session: AsyncSession, member_id: int) -> Reach:
    """The games to delete whole, with the battles they are sides of, and what to delete from those that stay."""
    begun = select(col(GameRow.id)).where(_own_words(GameRow, member_id))
    games = await ids(session, begun.where(~_played_by_others(member_id)))
    prompts = await ids(session, begun.where(_played_by_others(member_id)))
    battles = await ids(session, select(col(BattleRow.id)).where(_own_words(BattleRow, member_id)))
    sides = await ids(session, select(col(SideRow.battle_id)).distinct(), col(SideRow.game_id), [*games, *prompts])
    whole = set(games)
    taken = [one for one in await session.scalars(answers_of(member_id)) if one.game_id not in whole]
    drawn = await ids(
        session,
        select(col(StepRow.image)).where(col(StepRow.image).is_not(None)).distinct(),
        col(StepRow.game_id),
        games,
    )
    own = [one.image for one in taken if one.image is not None]
    return Reach(
        tuple(games),
        tuple(dict.fromkeys([*battles, *sides])),
        tuple(prompts),
        tuple(await ids(session, select(col(GuestRow.party_id)).where(col(GuestRow.member_id) == member_id))),
        tuple(f"{one.game_id}/{one.turn}{one.kind}" for one in taken if one.image is not None or one.text is not None),
        tuple(dict.fromkeys([*drawn, *own])),
    )


async def ids(session: AsyncSession, query: Select[Any], column: Any = None, among: Collection[str] = ()) -> list[str]:
    """The ids that a query finds; with a `column`, only of rows in which it has one of the values `among`."""
    if column is None:
        return list(await session.scalars(query))
    found: list[str] = []
    for some in batches(sorted(among)):
        found += await session.scalars(query.where(column.in_(some)))
    return found


async def texts_of(session: AsyncSession, member_id: int, reach: Reach) -> list[str]:
    """Every text that is deleted with a member."""
    games = select(col(GameRow.prompt)), select(col(StepRow.text)).where(col(StepRow.text).is_not(None))
    texts = await ids(session, games[0], col(GameRow.id), [*reach.games, *reach.prompts])
    texts += await ids(session, games[1], col(StepRow.game_id), reach.games)
    texts += [one.text for one in await session.scalars(answers_of(member_id)) if one.text is not None]
    texts += await session.scalars(select(col(PromptRow.text)).where(col(PromptRow.author_id) == member_id))
    brought = select(col(GuestRow.prompt)).where(col(GuestRow.member_id) == member_id)
    texts += [text for text in await session.scalars(brought) if text is not None]
    return list(dict.fromkeys(texts))


async def texts_elsewhere(session: AsyncSession, texts: Sequence[str], reach: Reach) -> set[str]:
    """Those of the texts that also occur in games that stay."""
    gone, parts = set(reach.games), set(reach.steps)
    found: set[str] = set()
    for some in batches(texts):
        said = select(StepRow).where(col(StepRow.text).in_(some))
        found |= {
            one.text or ""
            for one in await session.scalars(said)
            if one.game_id not in gone and f"{one.game_id}/{one.turn}{one.kind}" not in parts
        }
        played = select(col(GameRow.id), col(GameRow.prompt)).where(col(GameRow.prompt).in_(some))
        begun = gone | set(reach.prompts)
        found |= {prompt for game_id, prompt in await session.execute(played) if game_id not in begun}
    return found
