"""How often the engine asks the journal for work: at once after this process enqueued some, otherwise seldom.

DBOS asks for the work of a queue, for queues, schedules, delayed workflows and workflows that are over their time, many
times a second, also where nothing happens. This process knows when it enqueues, declares one queue and no schedule, and
has no workflow with a delay or a time limit: only work of other processes, and what a dead one left, is to be looked
for.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from dbos import DBOS, Queue
from dbos._queue import queue_worker_thread

SOON: Final = 0.02
"""How long after something was enqueued here it is looked for, in seconds: what is enqueued together starts together.
"""
AGAIN: Final = 0.1
"""The least time between two looks, in seconds."""
ALONE: Final = 5.0
"""How often a process looks that has its journal for itself, in seconds."""
SHARED: Final = 0.5
"""How often a process looks that shares its journal with others, in seconds."""
KEEN_FOR: Final = 5.0
"""For so long after its start, or where a journal is shared after it enqueued something, a process looks each AGAIN, in
seconds: an interrupted workflow is enqueued again then, and others should have their share of the work."""
_OWN_QUEUE_EVERY: Final = 5.0
"""How often DBOS's own queue is looked at, in seconds: only a workflow that was begun without a queue comes there, when
it is recovered."""
_AFTER_A_FAULT: Final = 1.0
"""The pause before a queue's thread that met a fault begins anew, in seconds."""
_log = structlog.get_logger()


class Polling:
    """Says when a queue's thread looks for work: not while `may_look` forbids it. Safe to call from any thread.

    Its clock is `perf_counter`: simulated Discords stop `monotonic`, and this thread lives outside of them.
    """

    def __init__(self, *, shared: bool, may_look: Callable[[], bool] = lambda: True) -> None:
        self._may_look = may_look
        self._every, self._keen_for = (SHARED, KEEN_FOR) if shared else (ALONE, 0.0)
        self._changed, self._stopped = threading.Condition(), False
        now = time.perf_counter()
        self._looked, self._due, self._keen_until = now - AGAIN, now, now + KEEN_FOR

    def wake(self) -> None:
        """Has the thread look soon, since something was enqueued."""
        with self._changed:
            now = time.perf_counter()
            self._keen_until = max(self._keen_until, now + self._keen_for)
            self._due = min(self._due, max(now + SOON, self._looked + AGAIN))
            self._changed.notify_all()

    def wait(self) -> None:
        """Returns when it is time to look; at once after `stop`."""
        with self._changed:
            while not self._stopped and (left := self._due - time.perf_counter()) > 0:
                self._changed.wait(left)
            while not self._stopped and not self._may_look():
                self._changed.wait(SHARED)
            self._looked = now = time.perf_counter()
            self._due = now + (AGAIN if now < self._keen_until else self._every)

    def stop(self) -> None:
        """Lets the thread go."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def slow_down(self, dbos: DBOS, queue: Queue) -> None:
        """Begins the thread of `queue`, the only one that `dbos` declares, and has all threads look when this says so.

        DBOS was launched and listens to no queue: it looks for queues when it starts and then once a second, and in a
        new journal the first game would wait for the second look. It reads a queue anew before each look for work, on
        the queue's thread: that read waits until it is time.
        """
        journal: Any = dbos._sys_db
        read = journal.get_queue
        queue._polling_interval_sec = SOON / 2

        def get_queue(name: str, **more: Any) -> Queue | None:
            if name != queue.name or threading.current_thread().name != _worker(name):
                found: Queue | None = read(name, **more)
                return found
            self.wait()
            return queue

        journal.get_queue = get_queue
        journal.list_queues = lambda **_: []
        journal.list_schedules = lambda **_: []
        journal.transition_delayed_workflows = lambda: None
        journal.cancel_timed_out_workflows = lambda _most: []
        dbos._registry.get_internal_queue()._polling_interval_sec = _OWN_QUEUE_EVERY
        _begin(dbos, queue)


def _worker(queue: str) -> str:
    """The name of the thread that looks for a queue's work."""
    return f"queue-worker-{queue}"


def _begin(dbos: DBOS, queue: Queue) -> None:
    """Begins the thread of a queue, which begins anew after a fault and ends with `dbos`."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                queue_worker_thread(stop, dbos, queue)
            except Exception:
                _log.exception("the thread of a queue begins anew", queue=queue.name)
                stop.wait(_AFTER_A_FAULT)

    thread = threading.Thread(target=work, name=_worker(queue.name), daemon=True)
    dbos.background_thread_stop_events.append(stop)
    dbos._background_threads.append(thread)
    thread.start()
