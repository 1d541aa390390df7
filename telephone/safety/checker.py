"""The protocol of checkers: they examine texts and pictures and report findings."""

from dataclasses import dataclass
from typing import Final, Protocol

from telephone.domain.games import Image

MINORS: Final = "sexual/minors"
SEXUAL: Final = "sexual"


@dataclass(frozen=True, slots=True)
class Finding:
    """The categories that a checker found, by the names of OpenAI's moderation; empty if the content may pass."""

    categories: frozenset[str] = frozenset()

    @property
    def severe(self) -> bool:
        """Sexual content involving minors."""
        return MINORS in self.categories


class Checker(Protocol):
    """Raises Unavailable or RateLimited where asking again may help, Misconfigured where it cannot work."""

    def why_not(self) -> str | None:
        """None while it works; otherwise what is missing, in a few words."""
        ...

    async def check_text(self, text: str) -> Finding: ...

    async def check_picture(self, image: Image) -> Finding: ...

    async def close(self) -> None:
        """Closes connections."""
        ...
