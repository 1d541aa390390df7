"""A fault that comes back for ever fills no log, and a step is told once, after it is stored."""

import logging
from contextlib import suppress

import pytest
import structlog

from telephone.games.admission import StartRequest
from telephone.log import EVERY, Repeats, configure
from tests.support.app import running_app


class Log:
    """Lines as they come out, on a clock that tests move."""

    def __init__(self) -> None:
        self.now, self.out = 0.0, []
        self.repeats = Repeats(self.out.append, clock=lambda: self.now)

    def say(self, level, **line) -> None:
        with suppress(structlog.DropEvent):
            self.out.append(dict(self.repeats(None, level, line)))


def test_of_ten_thousand_equal_lines_one_comes_out_at_once_and_then_the_count():
    log = Log()
    for n in range(10_000):
        log.say("error", event="socket.accept() failed", errno=24, timestamp=n)
    assert [line["timestamp"] for line in log.out] == [0]
    log.now = EVERY + 1
    log.say("error", event="socket.accept() failed", errno=24, timestamp=1)
    assert [line.get("repeated") for line in log.out] == [None, 9_999, None]
    assert log.out[1]["event"] == "socket.accept() failed"


def test_a_reference_that_a_member_was_told_is_always_in_the_log():
    log = Log()
    for ref in ("R1", "R2"):
        log.say("error", event="something broke", ref=ref)
    assert [line["ref"] for line in log.out] == ["R1", "R2"]


def test_the_count_comes_out_with_any_next_line_after_the_minute():
    log = Log()
    for _ in range(3):
        log.say("warning", event="flagged")
    log.now = EVERY
    log.say("info", event="something else")
    assert [(line["event"], line.get("repeated")) for line in log.out[1:]] == [("flagged", 2), ("something else", None)]


def test_lines_that_differ_in_level_field_or_exception_are_all_told():
    log, errors = Log(), [ValueError("a"), ValueError("b"), TypeError("a"), None]
    for error in errors:
        log.say("error", event="something broke", exc_info=error)
    log.say("error", event="something broke", exc_info=ValueError("a"))
    log.say("warning", event="something broke", exc_info=ValueError("a"))
    log.say("error", event="something broke", exc_info=ValueError("a"), game="x")
    assert len(log.out) == 6


def test_what_was_told_is_forgotten_so_that_memory_is_bounded():
    log = Log()
    for n in range(5_000):
        log.say("info", event="game queued", game=n)
    assert len(log.out) == 5_000
    assert len(log.repeats._said) <= 1_000
    log.now = EVERY
    log.say("info", event="game queued", game=-1)
    assert len(log.repeats._said) == 1


@pytest.mark.parametrize("logger", ["structlog", "logging"])
def test_the_log_as_it_is_set_up_holds_repeated_lines_back(capfd, logger):
    configure()
    said = structlog.get_logger().error if logger == "structlog" else logging.getLogger("asyncio").error
    for _ in range(500):
        said("socket.accept() out of system resource")
    said("another")
    lines = capfd.readouterr().err.splitlines()
    assert len([line for line in lines if "out of system resource" in line]) == 1
    assert len([line for line in lines if "another" in line]) == 1


async def test_a_step_is_told_once_and_after_it_is_stored(tmp_path, monkeypatch):
    async with running_app(tmp_path) as running:
        order = []
        steps = type(running.store.steps)
        keep = steps.keep_and_begin

        async def keeping(*args):
            kept = await keep(*args)
            order.append("stored")
            return kept

        monkeypatch.setattr(steps, "keep_and_begin", keeping)

        def note(_logger, _level, line):
            if line["event"] == "step played":
                order.append("told")
            return line

        structlog.configure(processors=[note, structlog.processors.JSONRenderer()])
        game = await running.app.games.start(StartRequest("a fox mends a clock", "painter", "critic", 2))
        await running.app.games.closed(game.id, timeout=60)
        assert order == ["stored", "told"] * 4
