"""Recognising refusals: the phrases of models that will not describe a picture."""

import re
from typing import Final

_I: Final = r"(?:i|we)"
_AM: Final = r"(?:i'm|i am|we're|we are)"
_CANNOT: Final = (
    r"(?:can't|cannot|can not|won't|will not|don't|do not|couldn't|could not|'m unable|am unable|are unable"
    r"|'m not able|am not able|are not able|must decline)"
)
_SORRY: Final = rf"(?:(?:{_AM} (?:(?:very|so|really|terribly) )?)?sorry|i apologi[sz]e|my apologies|unfortunately)"
_ANSWER: Final = (
    r"(?:help|assist|describe|provide|see|view|identify|comply|do|fulfill?|fulfil|discuss|continue|generate|create"
    r"|process|answer|engage|analy[sz]e|determine|access|make|tell|recogni[sz]e|caption|share|interpret|comment|look)"
)

_REFUSALS: Final = re.compile(
    "|".join(
        (
            rf"{_SORRY}\b[^.]{{0,80}}?\b{_I} ?{_CANNOT}\b",
            rf"{_SORRY}[.,!]?$",
            rf"{_I} (?:can't|cannot|can not|won't|will not) {_ANSWER}\b",
            rf"{_I} must decline\b",
            rf"{_AM} (?:unable to|not (?:able|allowed|permitted) to|not comfortable)\b",
            rf"{_I} (?:don't|do not) (?:feel comfortable|have access|see (?:any|an|the) (?:image|picture|photo))\b",
            rf"as an (?:ai|artificial)\b[^.]{{0,80}}?\b{_I} ?{_CANNOT}\b",
            r"this (?:image|picture|content) (?:(?:can't|cannot) be (?:described|shown|processed)|violates\b)",
        )
    ),
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Whether an answer begins by saying that the speaker cannot or will not describe the picture."""
    return _REFUSALS.match(text.replace("’", "'")) is not None
