"""Ids of workflows as earlier versions journalled them: a workflow enqueued again under another id would run twice."""

from datetime import UTC, datetime

import pytest

from telephone.engine import workflow_ids

GAME, BATTLE, PARTY, JOB = "01JDQW5Z8Qx", "b0123456789abcde", "p0123456789abcde", "0123456789abcdef"
DUE = datetime(2026, 11, 30, 12, 0, 0, 123_456, tzinfo=UTC)
NOW = 1_764_500_000.5


@pytest.mark.parametrize(
    ("workflow_id", "expected"),
    [
        (workflow_ids.opening(GAME, 0), "open-01JDQW5Z8Qx-0"),
        (workflow_ids.playing(GAME, 12), "play-01JDQW5Z8Qx-12"),
        (workflow_ids.closing(GAME), "close-01JDQW5Z8Qx"),
        (workflow_ids.settling(GAME, 1, "stopped"), "settle-01JDQW5Z8Qx-1-stopped"),
        (workflow_ids.realigning(GAME, "3p", 2), "realign-01JDQW5Z8Qx-3p-2"),
        (workflow_ids.minding(GAME, "3c", DUE), "seat-01JDQW5Z8Qx-3c-1796040000.123"),
        (workflow_ids.measuring(GAME, "imagebind"), "measure-01JDQW5Z8Qx-imagebind"),
        (workflow_ids.battle(BATTLE, 0), "battle-b0123456789abcde-0"),
        (workflow_ids.battle_end(BATTLE), "battle-end-b0123456789abcde"),
        (workflow_ids.battle_wait(BATTLE), "battle-wait-b0123456789abcde"),
        (workflow_ids.battle_ballot(BATTLE), "battle-ballot-b0123456789abcde"),
        (workflow_ids.party(PARTY, 3), "party-p0123456789abcde-3"),
        (workflow_ids.erasing(JOB), "erase-0123456789abcdef"),
        (workflow_ids.rescoring(JOB), "rescore-0123456789abcdef"),
    ],
)
def test_every_id_is_as_it_was(workflow_id, expected):
    assert workflow_id == expected


@pytest.mark.parametrize(
    ("seconds", "first", "expected"),
    [
        (workflow_ids.HOUR, workflow_ids.closing(GAME), "close-01JDQW5Z8Qx-490138"),
        (workflow_ids.HOUR, workflow_ids.battle_end(BATTLE), "battle-end-b0123456789abcde-490138"),
        (workflow_ids.HOUR, workflow_ids.erasing(JOB), "erase-0123456789abcdef-490138"),
        (workflow_ids.HOUR, workflow_ids.rescoring(JOB), "rescore-0123456789abcdef-490138"),
        (
            workflow_ids.TEN_MINUTES,
            workflow_ids.realigning(GAME, "3p", 2),
            "realign-01JDQW5Z8Qx-3p-2-2940833",
        ),
        (
            workflow_ids.MINUTE,
            workflow_ids.battle_ballot(BATTLE),
            "battle-ballot-b0123456789abcde-29408333",
        ),
    ],
)
def test_what_runs_again_is_numbered_by_the_time(monkeypatch, seconds, first, expected):
    monkeypatch.setattr(workflow_ids.time, "time", lambda: NOW)
    assert workflow_ids.once_every(seconds, first) == expected


def test_a_deletion_finds_every_journal_of_what_goes():
    assert workflow_ids.prefixes(workflow_ids.OF_OWNERS, [GAME]) == [
        f"{kind}-{GAME}"
        for kind in (
            *("open", "play", "close", "settle", "realign", "seat", "measure"),
            *("battle", "battle-end", "battle-wait", "battle-ballot", "party"),
        )
    ]
    assert workflow_ids.prefixes(workflow_ids.WRITING_GAMES, [GAME, "x"])[3:6] == [
        "settle-01JDQW5Z8Qx",
        "realign-01JDQW5Z8Qx",
        "open-x",
    ]
    assert workflow_ids.prefixes(workflow_ids.WRITING_BATTLES, ["x"]) == ["battle-x", "battle-end-x"]
    assert workflow_ids.prefixes(workflow_ids.WRITING_PARTIES, ["x"]) == ["party-x"]
