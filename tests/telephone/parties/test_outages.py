"""An outage while the albums of a party are measured leaves none of them unmeasured."""

from telephone.domain.parties import PartyState
from telephone.engine import outages
from telephone.errors import Outage
from telephone.games.measure_workflow import MeasureWorkflow
from telephone.parties.service import PartyAsked
from tests.telephone.parties.test_workflow import ADA, becomes, begun, plays, pytestmark, running

THREE = (ADA, 12, 13)
__all__ = ["pytestmark", "running"]


async def test_an_album_is_measured_after_an_outage_of_the_pictures(running, monkeypatch):
    monkeypatch.setattr(outages, "LONGEST_PAUSE", 0.1)
    begin, times = MeasureWorkflow.begin, 2

    async def failing(self, game_id):
        nonlocal times
        if times:
            times -= 1
            raise Outage("The pictures cannot be reached just now; please try again in a minute.")
        await begin(self, game_id)

    measured = []

    async def counted(self, game_id):
        await failing(self, game_id)
        measured.append(game_id)

    monkeypatch.setattr(MeasureWorkflow, "begin", counted)
    party = await begun(running, THREE, PartyAsked(players=3, rounds=2, starter_id=ADA, guild_id=7))
    for round_ in (1, 2):
        await becomes(running, party, PartyState.PLAYING, round_)
        for member in THREE:
            await plays(running, party, member)
    done = await becomes(running, party, PartyState.REVEALING)
    assert {album.game.id for album in done.albums} <= set(measured), "all are measured before the first is revealed"
    assert times == 0
