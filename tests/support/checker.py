"""A safety checker that flags what a test says."""

from dataclasses import dataclass, field

from telephone.domain.games import Image
from telephone.safety import Finding


@dataclass
class FakeChecker:
    """A checker: flags texts that hold one of `words`, with its category, and the next pictures by `sees` in turn.

    `faults` are raised in turn; `broken` says why it does not work at all.
    """

    words: dict[str, str] = field(default_factory=dict)
    sees: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    broken: str | None = None
    texts: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    def why_not(self) -> str | None:
        return self.broken

    async def check_text(self, text: str) -> Finding:
        self._fail()
        self.texts.append(text)
        return Finding(frozenset(category for word, category in self.words.items() if word in text))

    async def check_picture(self, image: Image) -> Finding:
        self._fail()
        self.pictures.append(image.sha256)
        seen = self.sees.pop(0) if self.sees else ""
        return Finding(frozenset({seen} if seen else ()))

    async def close(self) -> None:
        pass

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)
