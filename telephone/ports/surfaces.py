"""Everything that shows something to members, in one value."""

from typing import Protocol

from telephone.arena import Arena
from telephone.broom import Broom
from telephone.lobby import Lobby
from telephone.noticeboard import Noticeboard
from telephone.parlour import Parlour
from telephone.stage import Stage


class Surfaces(Protocol):
    """Where a process shows games, battles, parties, members' turns and long jobs, and takes back what was shown."""

    @property
    def games(self) -> Stage: ...
    @property
    def battles(self) -> Arena: ...
    @property
    def parties(self) -> Parlour: ...
    @property
    def human_turns(self) -> Lobby: ...
    @property
    def jobs(self) -> Noticeboard: ...
    @property
    def cleanup(self) -> Broom: ...
