"""Where logs go: to stderr, one line an event, structured. Never a prompt, a caption or a token at INFO.

A line that repeats itself comes out once a minute, and then with the count of those that were held back: a fault that
comes back a thousand times a second must not fill a disk. The first line comes out at once.
"""

import logging
import re
import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

_WITH_TOKEN: Final = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/?\s\"'\\]+")
"""The token in an address by which an interaction is answered."""
EVERY: Final = 60.0
"""Seconds between two lines that say the same."""
_KEPT: Final = 1_000
_UNTOLD: Final = frozenset({"timestamp", "exc_info", "_record", "_from_structlog"})


@dataclass(slots=True)
class _Said:
    at: float
    line: dict[str, Any]
    held: int = 0


class Repeats:
    """Holds back lines that were said less than a minute ago, of any thread.

    `tell` writes a line with the count, `repeated`, when the minute is over. `clock` is in seconds.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._clock = tell, clock
        self._said: dict[Any, _Said] = {}
        self._lock = threading.Lock()

    def __call__(self, _logger: Any, level: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The line as it is; as a processor of structlog. Raises DropEvent for a line to hold back."""
        if self.holds(level, line):
            raise structlog.DropEvent
        return line

    def holds(self, level: str, line: MutableMapping[str, Any]) -> bool:
        """Whether this line was said before in this minute. Errors with different exceptions are different lines."""
        self.tell_counts()
        key, now = _key(level, line), self._clock()
        with self._lock:
            said = self._said.get(key)
            if said is None:
                if len(self._said) < _KEPT:
                    kept = {name: value for name, value in line.items() if name not in _UNTOLD}
                    self._said[key] = _Said(now, {"level": level} | kept)
                return False
            said.held += 1
            if said.held == 1:
                timer = threading.Timer(max(0.0, said.at + EVERY - now), self.tell_counts)
                timer.daemon = True
                timer.start()
            return True

    def tell_counts(self) -> None:
        """Tells of each line whose minute is over how often it was held back."""
        over: list[dict[str, Any]] = []
        with self._lock:
            for key, said in list(self._said.items()):
                if self._clock() - said.at < EVERY:
                    break  # they stand in the order in which they were said
                del self._said[key]
                if said.held:
                    over.append(said.line | {"repeated": said.held})
        for line in over:
            self._tell(line)


class _Filter(logging.Filter):
    """Holds back repeated lines of the standard library's loggers."""

    def __init__(self, repeats: Repeats) -> None:
        super().__init__()
        self._repeats = repeats

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            said = record.getMessage()
        except Exception:  # a line whose arguments do not fit it: logging tells of that itself
            return True
        line = {"event": said, "logger": record.name, "exc_info": record.exc_info}
        return not self._repeats.holds(record.levelname.lower(), line)


def _key(level: str, line: MutableMapping[str, Any]) -> Any:
    error = line.get("exc_info")
    error = sys.exception() if error is True else error[1] if isinstance(error, tuple) else error
    fields = ((name, repr(value)) for name, value in line.items() if name not in _UNTOLD)
    return level, tuple(sorted(fields)), type(error), str(error)


def configure(level: int = logging.INFO) -> None:
    """Sets up structlog and the standard library's loggers alike; JSON lines where stderr is no terminal."""
    on_terminal = sys.stderr.isatty()
    preparing: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Plain tracebacks: structlog's richer ones show every local variable, and with them tokens and prompts.
    rendering: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if on_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    rendering.append(_without_tokens)

    def tell(line: dict[str, Any]) -> None:
        said: Any = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, line["level"], line)
        for render in rendering:
            said = render(None, line["level"], said)
        sys.stderr.write(f"{said}\n")

    repeats = Repeats(tell)
    structlog.configure(
        processors=[*preparing, repeats, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Filter(repeats))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=preparing,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _without_tokens(_logger: Any, _method: str, line: str) -> str:
    """A line as it is written, with stars in the place of interactions' tokens, wherever an address got into it."""
    return _WITH_TOKEN.sub(r"\1***", line)
