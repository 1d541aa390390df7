"""What is checked between every two steps: words and pictures, before they are posted, stored or handed on.

A `Checker` says what it sees; the `Guard` says what that means for a game. Sexual content involving minors is
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
