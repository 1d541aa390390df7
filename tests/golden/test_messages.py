"""Messages as earlier versions stored and journalled them: a message under another string would be posted twice."""

import pytest

from telephone.domain.games import Kind, StepKey
from telephone.domain.messages import (
    BattleMessage,
    BattleMessageKind,
    GameMessage,
    GameMessageKind,
    PartyMessage,
    PartyMessageKind,
    RevealKind,
    RevealPoint,
)
from telephone.errors import BadInput

PICTURE, CAPTION = StepKey(3, Kind.PICTURE), StepKey(10, Kind.CAPTION)
STORED = [
    ("card", GameMessage(GameMessageKind.CARD)),
    ("thread", GameMessage(GameMessageKind.THREAD)),
    ("opening", GameMessage(GameMessageKind.OPENING)),
    ("summary", GameMessage(GameMessageKind.SUMMARY)),
    ("3p", GameMessage.step(PICTURE)),
    ("10c", GameMessage.step(CAPTION)),
    ("invite-3p", GameMessage.invitation(PICTURE)),
    ("invite-10c", GameMessage.invitation(CAPTION)),
    ("card", BattleMessage(BattleMessageKind.CARD)),
    ("thread", BattleMessage(BattleMessageKind.THREAD)),
    ("opening", BattleMessage(BattleMessageKind.OPENING)),
    ("round-12", BattleMessage.round(12)),
    ("out-0", BattleMessage.out(0)),
    ("ballot", BattleMessage(BattleMessageKind.BALLOT)),
    ("call", BattleMessage(BattleMessageKind.CALL)),
    ("verdict", BattleMessage(BattleMessageKind.VERDICT)),
    ("result", BattleMessage(BattleMessageKind.RESULT)),
    ("card", PartyMessage(PartyMessageKind.CARD)),
    ("thread", PartyMessage(PartyMessageKind.THREAD)),
    ("prompts", PartyMessage(PartyMessageKind.PROMPTS)),
    ("round-1", PartyMessage.round(1)),
    ("album-2", PartyMessage(PartyMessageKind.ALBUM, 2)),
    ("replay-2", PartyMessage(PartyMessageKind.REPLAY, 2)),
    ("awards", PartyMessage(PartyMessageKind.AWARDS)),
    ("2/album", RevealPoint(2, RevealKind.ALBUM)),
    ("2/opening", RevealPoint(2, RevealKind.OPENING)),
    ("2/3p", RevealPoint(2, RevealKind.STEP, PICTURE)),
    ("11/10c", RevealPoint(11, RevealKind.STEP, CAPTION)),
    ("2/end", RevealPoint(2, RevealKind.END)),
    ("2/replay", RevealPoint(2, RevealKind.REPLAY)),
]


@pytest.mark.parametrize(("stored", "message"), STORED)
def test_a_message_is_stored_as_it_was(stored, message):
    assert str(message) == stored
    assert type(message).parse(stored) == message


@pytest.mark.parametrize("kind", [GameMessage, BattleMessage, PartyMessage, RevealPoint])
@pytest.mark.parametrize("stored", ["", "step", "invite", "nothing", "card-", "1/nothing"])
def test_what_is_no_message_is_a_fault(kind, stored):
    with pytest.raises((ValueError, BadInput)):
        kind.parse(stored)
