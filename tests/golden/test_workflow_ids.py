"""Ids of workflows as earlier versions journalled them: a workflow enqueued again under another id would run twice."""

from datetime import UTC, datetime

import pytest

from telephone.engine import workflow_ids as engine_workflow_ids

GAME, BATTLE, PARTY, JOB = "01JDQW5Z8Qx", "b0123456789abcde", "p0123456789abcde", "0123456789abcdef"
DUE = datetime(2026, 11, 30, 12, 0, 0, 123_456, tzinfo=UTC)
NOW = 1_764_500_000.5


@pytest.mark.parametrize(
    ("workflow_id", "expected"),
    [
        (engine_workflow_ids.opening(GAME, 0), "open-01JDQW5Z8Qx-0"),
        (engine_workflow_ids.playing(GAME, 12), "play-01JDQW5Z8Qx-12"),
        (engine_workflow_ids.closing(GAME), "close-01JDQW5Z8Qx"),
        (engine_workflow_ids.settling(GAME, 1, "stopped"), "settle-01JDQW5Z8Qx-1-stopped"),
        (engine_workflow_ids.realigning(GAME, "3p", 2), "realign-01JDQW5Z8Qx-3p-2"),
        (engine_workflow_ids.minding(GAME, "3c", DUE), "seat-01JDQW5Z8Qx-3c-1796040000.123"),
        (engine_workflow_ids.measuring(GAME, "imagebind"), "measure-01JDQW5Z8Qx-imagebind"),
        (engine_workflow_ids.battle(BATTLE, 0), "battle-b0123456789abcde-0"),
        (engine_workflow_ids.battle_end(BATTLE), "battle-end-b0123456789abcde"),
        (engine_workflow_ids.battle_wait(BATTLE), "battle-wait-b0123456789abcde"),
        (engine_workflow_ids.battle_ballot(BATTLE), "battle-ballot-b0123456789abcde"),
        (engine_workflow_ids.party(PARTY, 3), "party-p0123456789abcde-3"),
        (engine_workflow_ids.erasing(JOB), "erase-0123456789abcdef"),
        (engine_workflow_ids.rescoring(JOB), "rescore-0123456789abcdef"),
    ],
)
def test_every_id_is_as_it_was(workflow_id, expected):
    assert workflow_id == expected


@pytest.mark.parametrize(
    ("seconds", "first", "expected"),
    [
        (engine_workflow_ids.HOUR, engine_workflow_ids.closing(GAME), "close-01JDQW5Z8Qx-490138"),
        (engine_workflow_ids.HOUR, engine_workflow_ids.battle_end(BATTLE), "battle-end-b0123456789abcde-490138"),
        (engine_workflow_ids.HOUR, engine_workflow_ids.erasing(JOB), "erase-0123456789abcdef-490138"),
        (engine_workflow_ids.HOUR, engine_workflow_ids.rescoring(JOB), "rescore-0123456789abcdef-490138"),
        (
            engine_workflow_ids.TEN_MINUTES,
            engine_workflow_ids.realigning(GAME, "3p", 2),
            "realign-01JDQW5Z8Qx-3p-2-2940833",
        ),
        (
            engine_workflow_ids.MINUTE,
            engine_workflow_ids.battle_ballot(BATTLE),
            "battle-ballot-b0123456789abcde-29408333",
        ),
    ],
)
def test_what_runs_again_is_numbered_by_the_time(monkeypatch, seconds, first, expected):
    monkeypatch.setattr(engine_workflow_ids.time, "time", lambda: NOW)
    assert engine_workflow_ids.once_every(seconds, first) == expected


def test_a_deletion_finds_every_journal_of_what_goes():
    assert engine_workflow_ids.prefixes(engine_workflow_ids.OF_OWNERS, [GAME]) == [
        f"{kind}-{GAME}"
        for kind in (
            *("open", "play", "close", "settle", "realign", "seat", "measure"),
            *("battle", "battle-end", "battle-wait", "battle-ballot", "party"),
        )
    ]
    assert engine_workflow_ids.prefixes(engine_workflow_ids.WRITING_GAMES, [GAME, "x"])[3:6] == [
        "settle-01JDQW5Z8Qx",
        "realign-01JDQW5Z8Qx",
        "open-x",
    ]
    assert engine_workflow_ids.prefixes(engine_workflow_ids.WRITING_BATTLES, ["x"]) == ["battle-x", "battle-end-x"]
    assert engine_workflow_ids.prefixes(engine_workflow_ids.WRITING_PARTIES, ["x"]) == ["party-x"]
