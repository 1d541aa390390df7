"""The protocols of runners, which start stored work: the workflows of an engine or, without an engine, LeftToSweeps.

Work is stored before it is started, and every sweep of a process with an engine looks for stored work that no process
runs. So a process without an engine may leave all of it to the next sweep.
"""

from typing import Protocol

from telephone.domain.battles import Battle
from telephone.domain.deletions import Erasure
from telephone.domain.games import Game, StepKey
from telephone.domain.parties import Party
from telephone.domain.rescores import Rescore


class GameRunner(Protocol):
    """Plays games, and brings their messages up to date."""

    async def begin(self, game: Game, /) -> None:
        """Opens a game that is stored as queued, and plays it when its turn comes."""

    async def go_on(self, game: Game, /) -> None:
        """Resumes a paused game, in a new run."""

    async def promote(self, guild_id: int, /) -> None:
        """Starts the oldest queued games of a server, as many as may run at once."""

    async def settle(self, game: Game, /) -> None:
        """Updates the card of a game that has ended or pauses, and promotes queued games to its place."""

    async def seat_changed(self, game_id: str, key: StepKey, /) -> None:
        """Goes on after a member claimed, gave back or answered a step."""

    async def give_away(self, game: Game, key: StepKey, /) -> None:
        """Gives a waiting step to a model. Raises NotAllowed where a member holds it, or no model can play it."""

    async def realign(self, game_id: str, /) -> None:
        """Hides or shows steps of a game again, as reports and decisions say."""


class BattleRunner(Protocol):
    """Runs battles."""

    async def begin(self, battle: Battle, /) -> None:
        """Shows a stored battle and runs it until the voting opens."""

    async def go_on(self, battle: Battle, /) -> None:
        """Resumes a paused battle, in a new run."""

    async def end(self, battle_id: str, /) -> None:
        """Measures a battle that is stored as ended and shows its end; does nothing for any other."""

    async def show_count(self, battle_id: str, /) -> None:
        """Shows how many have voted, unless that was shown a moment ago."""


class PartyRunner(Protocol):
    """Runs parties."""

    async def begin(self, party: Party, /) -> None:
        """Shows a stored party and runs it to its end."""

    async def end(self, party_id: str, /) -> None:
        """Stops the albums of a party that is stored as ended; does nothing for any other."""


class RescoreRunner(Protocol):
    """Measures old games with another embedder."""

    async def begin(self, job: Rescore, /) -> None:
        """Runs a stored job to its end."""

    async def show(self, job_id: str, /) -> None:
        """Brings the card of a job up to date."""


class DeletionRunner(Protocol):
    """Deletes what is kept of members."""

    async def begin(self, erasure: Erasure, /) -> None:
        """Carries out a stored deletion, to its end."""


class LeftToSweeps:
    """Every runner of a process without an engine: it does nothing, and a sweep elsewhere finds what is stored.

    A sweep begins what is stored to be begun, resumes what an ended pause of a server or of all held up, and shows what
    has ended. It resumes no single game or battle that paused for another reason: that takes a process with an engine.
    """

    async def begin(self, _work: object, /) -> None:
        """Leaves the start to a sweep."""

    async def go_on(self, _work: object, /) -> None:
        """Leaves the new run to a sweep, which begins one after a pause of a server or of all."""

    async def end(self, _id: str, /) -> None:
        """Leaves what follows from the end to a sweep."""

    async def promote(self, _guild_id: int, /) -> None:
        """Leaves the queue to a sweep."""

    async def settle(self, _game: Game, /) -> None:
        """Leaves the card to a sweep."""

    async def seat_changed(self, _game_id: str, _key: StepKey, /) -> None:
        """Leaves what follows to a sweep."""

    async def give_away(self, _game: Game, _key: StepKey, /) -> None:
        """Leaves the step to its deadline."""

    async def realign(self, _game_id: str, /) -> None:
        """Leaves the messages to a sweep."""

    async def show_count(self, _battle_id: str, /) -> None:
        """Leaves the card to a sweep."""

    async def show(self, _job_id: str, /) -> None:
        """Leaves the card to the process that works on the job."""
