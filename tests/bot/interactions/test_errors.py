"""Errors nobody waits for still reach the log, with a reference and without what was typed."""

import asyncio
import gc

from structlog.testing import capture_logs

from bot.interactions import errors as interaction_errors


async def test_a_background_task_that_fails_reaches_the_log():
    async def fail():
        raise ZeroDivisionError

    asyncio.get_running_loop().set_exception_handler(interaction_errors.stray)
    with capture_logs() as logs:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0.01)
        del task
        gc.collect()
    (entry,) = logs
    assert entry["event"] == "something broke"
    assert isinstance(entry["exc_info"], ZeroDivisionError)
    assert len(entry["ref"]) == 4


def test_an_event_that_fails_reaches_the_log():
    with capture_logs() as logs:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            interaction_errors.unheard("on_guild_join")
    assert [(entry["event"], entry["during"]) for entry in logs] == [("something broke", "on_guild_join")]
