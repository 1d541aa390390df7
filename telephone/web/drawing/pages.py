"""The HTML of the page to draw on, and of a page with one sentence."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from telephone.web.drawing.assets import edition
from telephone.web.drawing.port import DrawingSheet

CLOSE: Final = "You can close this page; the game goes on in Discord."

_PAGES: Final = Environment(
    loader=PackageLoader(__package__, "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def drawing_page(base: str, token: str, sheet: DrawingSheet) -> str:
    """The page to draw on. `base` is the path under which everything lies, "" or "/somewhere"."""
    left = (sheet.expires_at - datetime.now(UTC)).total_seconds()
    return _PAGES.get_template("easel.html").render(
        static=_static(base), caption=sheet.caption, left=max(0, round(left)), name=_name(token)
    )


def note(base: str, sentence: str, token: str | None = None) -> str:
    """A page that says what happened and what to do next, and gives back a drawing that was not taken."""
    name = None if token is None else _name(token)
    return _PAGES.get_template("note.html").render(static=_static(base), sentence=sentence, then=CLOSE, name=name)


def _static(base: str) -> str:
    return f"{base}/easel/{edition()}"


def _name(token: str) -> str:
    """The name under which a browser keeps the drawing; the link cannot be read from it."""
    return sha256(token.encode()).hexdigest()[:16]
