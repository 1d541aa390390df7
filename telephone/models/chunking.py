"""Long texts for embedders with a small window: cut into parts, or down to the first words.

Needs only the token count of the embedder's own tokenizer, in which white space always separates two tokens.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Tokens = Callable[[str], int]
"""How many tokens a text has."""

HEAD: Final = 75
"""How many first tokens of long captions a board is repeated on: the window of CLIP and ImageBind."""
MOST_PARTS: Final = 8
"""The most parts of a text that are embedded, which bounds its price."""
RULES: Final = 1
"""The version of these rules. A part of every embedder's version, since the vectors depend on the rules."""

_SENTENCE: Final = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+|[。！？]+")
_WORD: Final = re.compile(r"\s+")
_CHARACTER: Final = re.compile(r"(?=.)", re.DOTALL)
_ENDS: Final = (_SENTENCE, _WORD, _CHARACTER)


def parts(text: str, tokens: Tokens, window: int) -> tuple[str, ...]:
    """The text itself if it fits `window` tokens, else parts of it that do, in order.

    A part ends with the last sentence that fits, else with the last word, else anywhere. Of more than
    MOST_PARTS parts, MOST_PARTS are kept, evenly spread from the first to the last.
    """
    found, rest = [], text.strip()
    while tokens(rest) > window:
        end = _end(rest, tokens, window, _ENDS)
        found.append(rest[:end].strip())
        rest = rest[end:].strip()
    found += [rest] if rest or not found else []
    if len(found) <= MOST_PARTS:
        return tuple(found)
    return tuple(found[round(place)] for place in np.linspace(0, len(found) - 1, MOST_PARTS))


def head(text: str, tokens: Tokens, most: int = HEAD) -> str:
    """The whole words at the start of a text that fit `most` tokens; if the first word does not, its beginning."""
    whole = text.strip()
    return whole if tokens(whole) <= most else whole[: _end(whole, tokens, most, _ENDS[1:])].strip()


def mean(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The vector of a text from those of its parts: each scaled to length 1, averaged, and scaled to length 1 again."""
    if len(vectors) == 1:
        return vectors[0]
    middle = np.mean([_unit(np.asarray(vector, np.float64)) for vector in vectors], axis=0)
    return _unit(middle).astype(np.float32)


def _end(text: str, tokens: Tokens, most: int, ends: Sequence[re.Pattern[str]]) -> int:
    """Where to cut a text that is too long: at the last end that fits `most` tokens, of the first kind found."""
    for kind in ends:
        cuts = [match.end() for match in kind.finditer(text) if match.end()]
        if fitting := bisect_right(cuts, most, key=lambda cut: tokens(text[:cut].strip())):
            return cuts[fitting - 1]
    return 1


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float64)
