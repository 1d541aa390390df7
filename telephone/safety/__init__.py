"""The safety check between every two steps: texts and pictures, before they are posted, stored or passed on.

A `Checker` reports what it finds; the `Guard` decides what that means for a game. Sexual content involving minors is
`severe`: it ends the game and leaves no trace. Anything else that is flagged ends it kindly.
"""

from telephone.safety.checker import MINORS, Checker, Finding
from telephone.safety.choice import WORDS, NoChecker, choice, guard_of
from telephone.safety.guard import Guard
from telephone.safety.offline import OfflineChecker
from telephone.safety.openai import OpenAIChecker

__all__ = [
    "MINORS",
    "WORDS",
    "Checker",
    "Finding",
    "Guard",
    "NoChecker",
    "OfflineChecker",
    "OpenAIChecker",
    "choice",
    "guard_of",
]
