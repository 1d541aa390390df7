"""A call to a model: what is asked, the provider's ticket, the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from telephone.domain.games import Image

SAID_MAX: Final = 20_000
"""The most characters of anything a model or a server says that are looked at."""
LONG: Final = 2_000
"""Texts of more characters are looked at off the event loop."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The input of a call: `text` for a picture or a chat model, `image` for a caption, either for an embedder."""

    seed: int
    text: str | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """Proof that a step was submitted; kept in the store, so that it is never paid twice.

    `reference` is the provider's id of the running prediction, None where it has none. `found` says that a prediction
    submitted before a crash was found again by its marker. `maybe_billed_twice` says that nobody could tell whether the
    prediction had been submitted before the crash.
    """

    reference: str | None = None
    found: bool = False
    maybe_billed_twice: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The output of a call: `data` of a picture, `text` as the model wrote it, or an embedder's `vector`.

    `cost_usd` is what the provider reported, None where it reports nothing. `maybe_billed_twice` says that the model
    had to be asked again after the ticket was stored. Of a longer `text` the first SAID_MAX characters are kept, before
    anybody looks at it.
    """

    data: bytes | None = None
    text: str | None = None
    vector: tuple[float, ...] | None = None
    cost_usd: float | None = None
    maybe_billed_twice: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.text is not None and len(self.text) > SAID_MAX:
            object.__setattr__(self, "text", self.text[:SAID_MAX])
