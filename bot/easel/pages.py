"""What the easel shows: the page to draw on, or a page with one sentence."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.easel.desk import Paper
from bot.easel.statics import edition

CLOSE: Final = "You can close this page; the game goes on in Discord."

_PAGES: Final = Environment(
    loader=PackageLoader(__package__, "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def easel(base: str, token: str, paper: Paper) -> str:
    """The page to draw on. `base` is the path under which everything lies, "" or "/somewhere".

    What the browser keeps of the drawing, it keeps under a name that does not tell the link.
    """
    left = (paper.expires_at - datetime.now(UTC)).total_seconds()
    return _PAGES.get_template("easel.html").render(
        static=f"{base}/easel/{edition()}",
        caption=paper.caption,
        left=max(0, round(left)),
        name=sha256(token.encode()).hexdigest()[:16],
    )


def note(base: str, sentence: str) -> str:
    """A page that says what happened and what to do next."""
    return _PAGES.get_template("note.html").render(static=f"{base}/easel/{edition()}", sentence=sentence, then=CLOSE)
