"""The posts of games as units of work: stored as begun before they are sent, as done when their id is known.

Both raise TakenOver, and write nothing, for an execution that has lost its workflow.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, false, select
from sqlmodel import col

from telephone.domain.refusals import NoGame
from telephone.store.database import insert_into
from telephone.store.fencing import JOURNAL, check, execute, owns
from telephone.store.tables.columns import now
from telephone.store.tables.games import GameRow, PostRow

_POST: Final[Any] = PostRow.__table__  # type: ignore[attr-defined]
_GIVEN: Final = ("game_id", "what", "message_id", "began_at")


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A message of a game, battle or party. `again`: an earlier attempt began, so it may have been posted already."""

    began_at: datetime
    message_id: int | None
    again: bool


def begin_post(connection: Connection, game_id: str, what: str, at: datetime | None = None) -> StoredPost:
    """Stores that a message is about to be posted, unless it is stored; returns what is stored. Raises NotFound.

    `at` is the moment from which on it may have been posted, if that is not now.
    """
    values = {"game_id": game_id, "what": what, "message_id": None, "began_at": at or now()}
    began = execute(connection, _beginning, values).scalar()
    if began is not None:
        return StoredPost(began, None, again=False)
    check(connection)
    row = connection.execute(_STORED, {"game_id": game_id, "what": what}).first()
    if row is None:
        raise NoGame(game_id)
    return StoredPost(row.began_at, row.message_id, again=True)


def finish_post(connection: Connection, game_id: str, what: str, message_id: int) -> None:
    """Stores the id of a posted message. Raises NotFound."""
    values = {"game_id": game_id, "what": what, "message_id": message_id, "began_at": now()}
    if execute(connection, _finishing, values).scalar() is None:
        check(connection)
        raise NoGame(game_id)


def _inserting(dialect: str, is_fenced: bool) -> Any:
    """An INSERT of a post whose game is there and not erased; locks the game's row, so that it stays so."""
    given = {name: bindparam(name, type_=_POST.c[name].type) for name in _GIVEN}
    game = select(*given.values(), col(GameRow.guild_id), false())
    game = game.join_from(GameRow, JOURNAL, owns()) if is_fenced else game
    game = game.where(col(GameRow.id) == given["game_id"], ~col(GameRow.erased)).with_for_update(read=True)
    return insert_into(dialect, PostRow).from_select([*_GIVEN, "guild_id", "hidden"], game)


@cache
def _beginning(dialect: str, is_fenced: bool) -> Any:
    return _inserting(dialect, is_fenced).on_conflict_do_nothing().returning(_POST.c.began_at)


@cache
def _finishing(dialect: str, is_fenced: bool) -> Any:
    inserting = _inserting(dialect, is_fenced)
    message_id = {"message_id": inserting.excluded.message_id}
    return inserting.on_conflict_do_update(index_elements=["game_id", "what"], set_=message_id).returning(_POST.c.what)


_STORED: Final = (
    select(_POST.c.began_at, _POST.c.message_id)
    .join(GameRow, and_(col(GameRow.id) == _POST.c.game_id, ~col(GameRow.erased)))
    .where(_POST.c.game_id == bindparam("game_id"), _POST.c.what == bindparam("what"))
)
