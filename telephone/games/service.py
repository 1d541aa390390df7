"""Starts, stops, resumes and lists the games of a server."""

from dataclasses import dataclass
from typing import Final

from telephone.domain.games import Game, GameState

UNFINISHED: Final = tuple(state for state in GameState if not state.is_final)


@dataclass(frozen=True, slots=True)
class UnfinishedGame:
    """An unfinished game and its place in the server's queue: 1 is next, 0 is not queued."""

    game: Game
    place: int


def _is_open(game: Game) -> bool:
    return game.is_set_up or game.state.is_final or game.state is GameState.PAUSED


def _is_closed(game: Game) -> bool:
    if game.state is GameState.FINISHED:
        return game.place.summary_id is not None
    return game.state.is_final or game.state is GameState.PAUSED
