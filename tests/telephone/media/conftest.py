"""A game to show: drawn here, played by nobody."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image as pil
from PIL import ImageDraw

from telephone.domain.games import (
    Game,
    GameRequest,
    GameState,
    Image,
    Kind,
    Level,
    Pair,
    Prompt,
    Step,
    StepKey,
    Turn,
    step_seed,
)
from telephone.media.images import verify

PROMPT = "A red apple sitting on a wooden table with sunlight streaming in from a window."
CAPTIONS = (
    "a red apple on a wooden table beside a window",
    "an apple and a window with a sun above them",
    "two apples in front of a picture of a sunny beach",
    "a beach with two red umbrellas",
)


@pytest.fixture
def picture() -> Callable[..., Image]:
    """Makes a picture of its own for each n: noise in a ring of colour."""

    def draw(n: int = 1, size: int = 512) -> Image:
        rng = np.random.default_rng(n)
        drawn = pil.fromarray(rng.integers(0, 256, (size // 8, size // 8, 3), dtype=np.uint8)).resize((size, size))
        ImageDraw.Draw(drawn).ellipse((40, 40, size - 40, size - 40), fill=(40 * n % 256, 90, 200 - 15 * n % 200))
        out = io.BytesIO()
        drawn.save(out, "PNG")
        return verify(out.getvalue())

    return draw


@pytest.fixture
def played(picture: Callable[..., Image]) -> Callable[..., Game]:
    """Makes a game of any captions; with `halfway` the last turn has a picture and no caption yet."""

    def play(captions: tuple[str, ...] = CAPTIONS, prompt: str = PROMPT, *, halfway: bool = False) -> Game:
        request = GameRequest(
            Prompt(prompt, Level.EASY), Pair("stickers", "spotter-sharp"), turns=len(captions), seed=7
        )
        turns = [_turn(n, caption, picture(n)) for n, caption in enumerate(captions, 1)]
        if halfway:
            turns[-1] = Turn(turns[-1].n, turns[-1].picture)
        created = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
        return Game(
            "01jd8zx5", 128, request, GameState.FINISHED, created, turns=tuple(turns), embedder="MiniLM (offline)"
        )

    return play


def _turn(n: int, caption: str, image: Image) -> Turn:
    picture_key, caption_key = StepKey(n, Kind.PICTURE), StepKey(n, Kind.CAPTION)
    drawn = Step(picture_key, "stickers", step_seed(7, picture_key), image=image.sha256, latency_ms=180, cost_usd=0.02)
    said = Step(
        caption_key,
        "spotter-sharp",
        step_seed(7, caption_key),
        text=caption,
        raw=f"Caption: {caption}",
        latency_ms=95,
        cost_usd=0.0006,
    )
    return Turn(n, drawn, said)
