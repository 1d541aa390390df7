"""What the settings make of the models: their providers, the embedder that is shown, the model that chats.

Needs neither store nor engine, so that `telephone models` answers at once.
"""

from collections.abc import Collection, Mapping
from typing import Final

from telephone.errors import Misconfigured
from telephone.models.minilm import MiniLM
from telephone.models.offline import Offline
from telephone.models.players import Players
from telephone.providers.base import Provider
from telephone.providers.cog import Cog
from telephone.providers.downloads import Downloads
from telephone.providers.openai import OpenAI
from telephone.providers.rate_limit import Gate, SharedLimits, limits
from telephone.providers.replicate import HOSTS, Replicate
from telephone.settings import Settings, secret_named

PREFERRED: Final = "imagebind"
"""The article's embedder: measures games as soon as a provider for it is configured."""


def providers(settings: Settings, shared: SharedLimits | None = None) -> Mapping[str, Provider]:
    """Every provider by the name that a model's table uses; their limits are kept in `shared`. Raises Misconfigured."""
    shared = shared or SharedLimits()
    pace, hosts = limits(settings.limits), settings.download_hosts.replace(",", " ").split()
    key, base = settings.openai_api_key, settings.openai_base_url
    token, address = settings.replicate_api_token, settings.replicate_base_url
    gate = Gate(pace["replicate"], name="replicate", shared=shared)
    return {
        "offline": Offline(),
        "openai": OpenAI(key, base, Downloads(hosts), pace["openai"], secret_named, shared),
        "replicate": Replicate(token, address, Downloads([*HOSTS, *hosts]), gate),
        "cog": Cog(Downloads(hosts), pace["cog"], shared),
    }


def primary(settings: Settings, players: Players, ready: Collection[str], always: str = MiniLM.name) -> str:
    """The embedder whose distances games show: the operator's choice, else ImageBind where it is ready, else MiniLM.

    Raises Misconfigured where the chosen one cannot measure.
    """
    tables = players.registry.tables
    name = settings.embedder or (PREFERRED if PREFERRED in ready else always)
    if name in ready:
        return name
    if name in tables and tables[name].kind == "embedder":
        raise Misconfigured(f"TELEPHONE_EMBEDDER names {name}, which cannot measure ({players.why_not(tables[name])}).")
    raise Misconfigured(f"TELEPHONE_EMBEDDER names '{name[:40]}'; write one of: {', '.join(ready)}.")


def chat(settings: Settings, players: Players) -> str | None:
    """The chat model that the operator named, if any. Raises Misconfigured for a name that is no chat model."""
    known = [table.name for table in players.registry.of_kind("chat")]
    if settings.chat is not None and settings.chat not in known:
        raise Misconfigured(f"TELEPHONE_CHAT names '{settings.chat[:40]}'; write one of: {', '.join(known)}.")
    return settings.chat
