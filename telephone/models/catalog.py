"""The models that a member may choose, with the facts of each."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from telephone.domain.games import HUMAN
from telephone.models.players import Players
from telephone.providers.base import ModelKind, ModelTable

_HUMANS: Final[dict[ModelKind, str]] = {
    "t2i": "A member of the server draws, on Discord.",
    "i2t": "A member of the server says what they see, on Discord.",
}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model as autocomplete offers it; `why_not` is None when it can play now."""

    name: str
    kind: ModelKind
    ready: bool
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model as `telephone models` lists it. `price_usd` is per call."""

    name: str
    kind: ModelKind
    provider: str
    ready: bool
    why_not: str | None
    price_usd: float
    retired_on: date | None
    replacement: str | None
    licence: str
    about: str


@dataclass(frozen=True, slots=True)
class ModelCatalog:
    """Lists the models. `humans` says whether members may take turns here."""

    players: Players
    humans: bool

    def choices(self, kind: ModelKind) -> list[ModelChoice]:
        """The models of a kind, those that can play now first."""
        found = [(table.name, self.players.why_not(table)) for table in self.players.registry.of_kind(kind)]
        choices = [ModelChoice(name, kind, why_not is None, why_not) for name, why_not in found]
        ready = sorted(choices, key=lambda choice: not choice.ready)
        return [ModelChoice(HUMAN, kind, True), *ready] if self.humans and kind in _HUMANS else ready

    def all(self) -> list[ModelFacts]:
        """Every known model, ready or not, and `human` for both kinds."""
        models = [_facts(table, self.players.why_not(table)) for table in self.players.registry.tables.values()]
        why_not = None if self.humans else "members take turns on a Discord server"
        return [*models, *(_human(kind, about, why_not) for kind, about in _HUMANS.items())]


def _human(kind: ModelKind, about: str, why_not: str | None) -> ModelFacts:
    return ModelFacts(HUMAN, kind, "members", why_not is None, why_not, 0.0, None, None, "their author's", about)


def _facts(table: ModelTable, why_not: str | None) -> ModelFacts:
    return ModelFacts(
        name=table.name,
        kind=table.kind,
        provider=table.provider,
        ready=why_not is None,
        why_not=why_not,
        price_usd=table.price_usd,
        retired_on=table.retired_on,
        replacement=table.replacement,
        licence=table.licence,
        about=table.about,
    )
