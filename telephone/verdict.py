"""How a durable step ended, as a value that the journal keeps: failures travel so between step and workflow."""

from collections.abc import Awaitable
from typing import Any, Final

import structlog

from telephone.errors import TelephoneError
from telephone.taking import Halted

Verdict = dict[str, Any]
"""How a step ended: `{}` well, `{"halt": True}`, or `{"error": a class of the tree, "sentence": its words}`."""
BROKEN: Final = "Something broke on our side, so this game ended; the operator can read why in the log."
_log = structlog.get_logger()


async def as_verdict(work: Awaitable[Verdict]) -> Verdict:
    """What came of a step's work. A bug is logged with its traceback and told as an apology."""
    try:
        return await work
    except Halted:
        return {"halt": True}
    except TelephoneError as error:
        return {"error": type(error).__name__, "sentence": error.sentence}
    except Exception as error:
        _log.exception("a step broke")
        return {"error": type(error).__name__, "sentence": BROKEN}
