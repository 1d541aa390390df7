"""The embedders that are ready, made from their tables."""

from collections.abc import Mapping

from telephone.models.base import Embedder
from telephone.models.imagebind import ImageBind
from telephone.models.offline import EMBEDDERS
from telephone.models.players import Players


def embedders(players: Players) -> Mapping[str, Embedder]:
    """Every embedder that is ready, by name."""
    ready = [table for table in players.registry.of_kind("embedder") if players.why_not(table) is None]
    return {t.name: EMBEDDERS[t.name]() if t.provider == "offline" else ImageBind(t, players) for t in ready}
