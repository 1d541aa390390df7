"""The log: one line an event, whoever wrote it."""

import json
import logging

import structlog

from telephone import log


def test_our_events_and_other_libraries_are_json_lines(capsys):
    log.configure()
    structlog.get_logger().info("game queued", game="x")
    logging.getLogger("some.library").warning("a workflow was %s", "late")
    try:
        raise KeyError("gone")
    except KeyError:
        structlog.get_logger().exception("something broke")
    ours, theirs, broken = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (ours["event"], ours["game"], ours["level"]) == ("game queued", "x", "info")
    assert (theirs["event"], theirs["level"]) == ("a workflow was late", "warning")
    assert "KeyError: 'gone'" in broken["exception"]


def test_a_traceback_on_a_terminal_shows_no_locals(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    log.configure()

    def ask(authorization: str) -> None:
        raise KeyError(len(authorization))

    try:
        ask("Bot token-0123456789")
    except KeyError:
        structlog.get_logger().exception("something broke")
    written = capsys.readouterr().err
    assert "Traceback" in written
    assert "token-0123456789" not in written.replace('ask("Bot token-0123456789")', "")


def test_tokens_of_interactions_in_addresses_are_written_as_stars(capsys):
    log.configure()
    logging.getLogger("some.library").warning(
        "PATCH https://d/api/v10/webhooks/12/aW50.ZXJ-hush/messages/@original failed"
    )
    try:
        raise OSError("POST 'https://d/api/v10/interactions/7/aW50.hush/callback'")
    except OSError:
        structlog.get_logger().exception("something broke")
    written = capsys.readouterr().err
    assert "hush" not in written
    assert "/webhooks/12/***/messages/@original" in written
    assert "/interactions/7/***/callback" in written
