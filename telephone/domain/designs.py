"""A frozen design: which games are played, and when to stop, fixed before anybody has seen how one of them went.

Whoever chooses prompts, seeds or the moment to stop after looking can make any pair win. So a design has a hash: who
knows the hash beforehand can see later that nothing was changed.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, NamedTuple

from telephone.domain.games import Level, Pair, Prompt

VERSION: Final = 1
"""The version of the form of a design."""
Rule = Literal["all", "narrow"]


@dataclass(frozen=True, slots=True)
class DesignPrompt:
    """A prompt by its slug; `words` is the SHA-256 of its text, so that no words of a member stand in a design."""

    slug: str
    level: Level | None
    words: str

    @classmethod
    def of(cls, prompt: Prompt) -> "DesignPrompt":
        return cls(str(prompt.slug), prompt.level, words_hash(prompt.text))


@dataclass(frozen=True, slots=True)
class Stopping:
    """When to stop: after `all` games, or after the first prompt, from the `least`-th on, at which every interval of
    the board is `narrow`er than `width`. An interval is as wide whoever is ahead, so that looking at it favours nobody.
    """

    rule: Rule = "all"
    width: float | None = None
    least: int | None = None


class DesignedGame(NamedTuple):
    """One game of a design, and the number of its prompt, from 0."""

    block: int
    pair: Pair
    prompt: DesignPrompt
    seed: int


@dataclass(frozen=True, slots=True)
class FrozenDesign:
    """Every pair plays every prompt with every seed, prompt by prompt. `embedders` are (name, version) of those that
    measure every game, the first to rank by."""

    pairs: tuple[Pair, ...]
    prompts: tuple[DesignPrompt, ...]
    seeds: tuple[int, ...]
    turns: int
    embedders: tuple[tuple[str, str], ...]
    stopping: Stopping = Stopping()

    @property
    def hash(self) -> str:
        """SHA-256 of the design, however its file is laid out."""
        said = json.dumps(as_document(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def games(self) -> Iterator[DesignedGame]:
        """The games in the order in which they are played."""
        for block, prompt in enumerate(self.prompts):
            for seed in self.seeds:
                for pair in self.pairs:
                    yield DesignedGame(block, pair, prompt, seed)

    def __len__(self) -> int:
        return len(self.pairs) * len(self.prompts) * len(self.seeds)

    def key(self, number: int, guild_id: int) -> str:
        """The id under which game `number`, from 0, is stored on a server: a game that is asked for again is found."""
        return hashlib.sha256(f"{self.hash} {guild_id} {number}".encode()).hexdigest()[:16]


def words_hash(text: str) -> str:
    """The hash of a prompt's words."""
    return hashlib.sha256(text.encode()).hexdigest()


def as_document(design: FrozenDesign) -> dict[str, Any]:
    """The design as JSON can hold it, without its hash."""
    return {
        "design": VERSION,
        "pairs": [{"t2i": pair.t2i, "i2t": pair.i2t} for pair in design.pairs],
        "prompts": [{"slug": one.slug, "level": one.level, "words": one.words} for one in design.prompts],
        "seeds": list(design.seeds),
        "turns": design.turns,
        "embedders": [{"name": name, "version": version} for name, version in design.embedders],
        "stopping": asdict(design.stopping),
    }
