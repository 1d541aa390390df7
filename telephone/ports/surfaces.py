"""Everything that shows something to members, in one value."""

from typing import Protocol

from telephone.ports.battles import Arena
from telephone.ports.cleanup import Broom
from telephone.ports.games import Stage
from telephone.ports.human_turns import Lobby
from telephone.ports.jobs import Noticeboard
from telephone.ports.parties import Parlour


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
