"""`telephone models`: asks the tables and the settings alone, neither store nor engine."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from telephone.cli.common import Json
from telephone.cli.output import print_json, screen
from telephone.settings import Settings

if TYPE_CHECKING:
    from telephone.models.catalog import ModelFacts


def models(as_json: Json = False) -> None:
    """Lists every known model and whether it can play."""
    facts = asyncio.run(_known(Settings.load()))
    if as_json:
        print_json([asdict(fact) for fact in facts])
        return
    table = Table("name", "kind", "provider", "can play", "per call", "licence")
    for fact in facts:
        price = f"${fact.price_usd:.4f}".rstrip("0").rstrip(".") if fact.price_usd else "free"
        ready = "yes" if fact.ready else escape(fact.why_not or "")
        table.add_row(fact.name, fact.kind, fact.provider, ready, price, escape(fact.licence))
    screen().print(table)


async def _known(settings: Settings) -> list["ModelFacts"]:
    """The models as games would find them. Raises Misconfigured for settings that a game would refuse, too."""
    from telephone.models.catalog import ModelCatalog
    from telephone.models.configured import chat, primary, providers
    from telephone.models.embedders import embedders
    from telephone.models.players import Players
    from telephone.models.registry import Registry
    from telephone.safety import guard_of

    adapters, guard = providers(settings), guard_of(settings)
    players = Players(Registry.load(adapters, settings.models), adapters, barred=guard.why_not)
    try:
        primary(settings, players, embedders(players))
        chat(settings, players)
        return ModelCatalog(players, humans=False).all()
    finally:
        await players.close()
        await guard.close()
