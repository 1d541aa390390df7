"""A finished game as one HTML page: no script, and nothing loaded from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from telephone.domain.calibration import UNKNOWN, Bearings, told, unread
from telephone.domain.games import Drift, Game, GameState, Image, Step, Turn
from telephone.media.charts import signed
from telephone.media.images import fit

_PICTURE_BYTES: Final = 400_000
"""Pictures larger than this are re-encoded, so that a page of thirty can still be sent by mail."""

CREDITS: Final[Mapping[str, str]] = {
    "stickers": "stickers composes its scenes from Fluent Emoji, © Microsoft Corporation, MIT licence.",
    "doodles": "doodles composes its scenes from Noto Emoji, © Google LLC, SIL Open Font License 1.1.",
}
"""The credits of the offline models' graphics, by model name."""

_ENDED: Final = {
    GameState.STOPPED: "This game was stopped before its last turn.",
    GameState.FAILED: "This game ended before its last turn.",
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A turn as the page shows it. `bar` is its distance as a share of the longest bar, 0 to 100."""

    n: int
    picture: Image | None
    text_before: str
    t2i: Step | None
    i2t: Step | None
    distance: float | None
    step_distance: float | None
    bar: float
    is_jump: bool


def album(
    game: Game,
    pictures: Mapping[str, Image],
    *,
    chart: bytes | None = None,
    chart_dark: bytes | None = None,
    drift: Drift | None = None,
    embedder: str | None = None,
    chart_alt: str = "",
    bearings: Bearings = UNKNOWN,
) -> str:
    """One self-contained HTML page of `game`, its `pictures` by sha256.

    `chart` is a PNG for light pages, `chart_dark` one for dark ones, `chart_alt` the same in words. `embedder` names
    the embedder of the distances, by default the game's. The page says where a picture is missing.
    """
    css = files(__package__).joinpath("templates/album.css").read_text("utf-8")
    shown = [_shown(game, turn, pictures, drift) for turn in game.turns if turn.picture is not None]
    return _PAGES.get_template("album.html").render(
        game=game,
        turns=shown,
        drift=drift,
        embedder=embedder or game.embedder,
        chart=_data_uri(Image(chart)) if chart else None,
        chart_dark=_data_uri(Image(chart_dark)) if chart_dark else None,
        chart_alt=chart_alt or "Drift chart",
        meaning=told(drift.final_distance, bearings) if drift and drift.final_distance is not None else "",
        unread=unread(drift, embedder or game.embedder or "the embedder") if drift else "",
        scale=bearings.scale,
        ended=_ENDED.get(game.state),
        credit=CREDITS.get(game.pair.t2i),
        css=Markup(css),  # noqa: S704 -- our own file, nothing typed by anybody
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
    )


def _shown(game: Game, turn: Turn, pictures: Mapping[str, Image], drift: Drift | None) -> _Shown:
    measured = drift is not None and turn.n <= len(drift.distances)
    distance = drift.distances[turn.n - 1] if drift and measured else turn.distance
    longest = max((far for far in drift.distances if far is not None), default=1.0) if drift else 1.0
    address = turn.picture.image if turn.picture else None
    picture = pictures.get(address) if address else None
    return _Shown(
        n=turn.n,
        picture=picture,
        text_before=game.text_before(turn.picture.key) if turn.picture else "",
        t2i=turn.picture,
        i2t=turn.caption,
        distance=distance,
        step_distance=drift.step_distances[turn.n - 1] if drift and measured else turn.step_distance,
        bar=min(100.0, 100 * (distance or 0) / max(longest, 0.5)),
        is_jump=drift is not None and turn.n == (drift.jump or (0,))[0],
    )


def _data_uri(image: Image) -> str:
    sent = fit(image, _PICTURE_BYTES)
    return f"data:{sent.media_type};base64,{base64.b64encode(sent.data).decode()}"


def _usd(cost: float) -> str:
    return "free" if cost == 0 else f"${cost:.4f}".rstrip("0") if cost < 0.01 else f"${cost:.2f}"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"


_PAGES: Final = Environment(
    loader=PackageLoader(__package__, "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters.update(data_uri=_data_uri, usd=_usd, seconds=_seconds, signed=signed)
