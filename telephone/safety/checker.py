"""What a checker is: somebody who looks at words and pictures and says what it sees."""

from dataclasses import dataclass
from typing import Final, Protocol

from telephone.domain.games import Image

MINORS: Final = "sexual/minors"
SEXUAL: Final = "sexual"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, by the category names of OpenAI's moderation; empty for what may pass."""

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
        """Lets go of connections."""
        ...
