"""Descriptions of charts for those who cannot see them: at most 600 characters, the main point first."""

from collections.abc import Sequence
from typing import Final

from telephone.domain.games import fold
from telephone.media.charts.values import Span
from telephone.media.typography import ELLIPSIS

LONGEST: Final = 600
_NAME: Final = 48
_FORMS: Final = ((20.0, ".0f"), (0.1, ".2f"), (0.01, ".3f"), (0.001, ".4f"))
"""Number formats by least magnitude: ratings have no decimals, distances two."""


def told(*sentences: str) -> str:
    """Sentences as one text of at most LONGEST characters; drops whole sentences from the end where it is longer."""
    kept = [sentence for sentence in sentences if sentence]
    while len(kept) > 1 and len(" ".join(kept)) > LONGEST:
        kept.pop()
    return _cut(" ".join(kept), LONGEST)


def called(name: str) -> str:
    """A name on one line, shortened where it is very long."""
    return _cut(fold(name), _NAME)


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b and c`, or `a, b, c and 4 more`."""
    shown = [called(name) for name in names[:most]]
    rest = len(names) - len(shown)
    return _joined([*shown, f"{rest} more"] if rest else shown)


def turns_in_words(turns: Sequence[int]) -> str:
    """`turn 4`, or `turns 1 to 3, 7 and 9`; `turns` in ascending order, at least one."""
    runs: list[list[int]] = []
    for turn in turns:
        if runs and turn == runs[-1][-1] + 1:
            runs[-1].append(turn)
        else:
            runs.append([turn])
    parts = [part for run in runs for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))]
    return f"{'turn' if len(turns) == 1 else 'turns'} {_joined(parts)}"


def spoken(span: Span, form: str = ".2f") -> str:
    """`0.31 (0.27 to 0.35)`, or `0.31` where its interval is not known."""
    low, middle, high = (number(value, form) for value in (span.low, span.middle, span.high))
    return middle if span.low == span.high else f"{middle} ({low} to {high})"


def form_of(spans: Sequence[Span]) -> str:
    """The number format with as many decimals as numbers of this size need."""
    largest = max((abs(end) for span in spans for end in (span.low, span.high)), default=0.0)
    return next((form for least, form in _FORMS if largest >= least), ".6f" if largest else ".2f")


def number(value: float, form: str = ".2f") -> str:
    """A number with a typographic minus sign; a number that rounds to 0 has no sign."""
    text = format(value, form)
    return text.removeprefix("-") if not text.strip("-0.%") else text.replace("-", "−")


def signed(increase: float) -> str:
    """An increase with its sign and two decimals: +0.19, −0.05."""
    return number(increase, "+.2f")


def counted(count: int, noun: str) -> str:
    """`1 pair`, `2 pairs`."""
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + ELLIPSIS
