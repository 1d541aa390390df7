"""Where logs go: to stderr, one line an event, structured. Never a prompt, a caption or a token at INFO."""

import logging
import re
import sys
from typing import Any, Final

import structlog

_WITH_TOKEN: Final = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/?\s\"'\\]+")
"""The token in an address by which an interaction is answered."""


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
    structlog.configure(
        processors=[*preparing, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
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
