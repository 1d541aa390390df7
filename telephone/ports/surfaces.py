"""All presenters of a process, in one value."""

from typing import Protocol

from telephone.ports.battles import BattlePresenter
from telephone.ports.cleanup import Cleanup
from telephone.ports.games import GamePresenter
from telephone.ports.human_turns import TurnPresenter
from telephone.ports.jobs import JobPresenter
from telephone.ports.parties import PartyPresenter


class Surfaces(Protocol):
    """The presenters of games, battles, parties, members' turns and long jobs, and the cleanup of their messages."""

    @property
    def games(self) -> GamePresenter: ...
    @property
    def battles(self) -> BattlePresenter: ...
    @property
    def parties(self) -> PartyPresenter: ...
    @property
    def human_turns(self) -> TurnPresenter: ...
    @property
    def jobs(self) -> JobPresenter: ...
    @property
    def cleanup(self) -> Cleanup: ...
