"""The composition root: settings in, a house of collaborators out."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from telephone.admission import Admission
from telephone.anew import Anew
from telephone.arena import Arena
from telephone.awaiting import Awaiting
from telephone.battle import Battling, Ring
from telephone.broom import Broom
from telephone.contest import Contest
from telephone.engine import Engine
from telephone.entry import Entry
from telephone.erasing import Crew, Erasing
from telephone.errands import Errands
from telephone.errors import Misconfigured
from telephone.exports import Archive
from telephone.exports.artifacts import Keepsakes
from telephone.gauge import Gauge
from telephone.guessing import Guessing
from telephone.hosting import Hall, Hosting
from telephone.integrity import Integrity
from telephone.library import Library
from telephone.lobby import Lobby
from telephone.measure import ALWAYS, Measure
from telephone.measuring import Measuring
from telephone.media.images import Pictures
from telephone.models.embedders import embedders
from telephone.models.offline import Offline
from telephone.models.players import Players
from telephone.models.registry import Registry
from telephone.moderation import Moderation
from telephone.noticeboard import Noticeboard
from telephone.pairing import Pairing
from telephone.pairs import Pairs
from telephone.parlour import Parlour
from telephone.parties import Parties
from telephone.play import Company, Play
from telephone.privacy import Privacy
from telephone.providers.base import Provider
from telephone.providers.cog import Cog
from telephone.providers.download import Downloads
from telephone.providers.gate import Gate, limits
from telephone.providers.openai import OpenAI
from telephone.providers.replicate import HOSTS, Replicate
from telephone.recovery import Recovery
from telephone.rescoring import Desk, Rescoring
from telephone.rounds import Rounds
from telephone.safety import Guard, guard_of
from telephone.scales import Scales
from telephone.scoring.board import Boards, Judge
from telephone.scoring.urn import Urn
from telephone.seating import Seating
from telephone.seats import Seats
from telephone.service import Service
from telephone.settings import Settings, secret_named
from telephone.showing import Showing
from telephone.stage import Stage
from telephone.store import Store
from telephone.taking import Taking
from telephone.trial import report_missing
from telephone.unfolding import Unfolding
from telephone.writer import Writer

PREFERRED: Final = "imagebind"
"""The article's embedder: measures games as soon as a provider for it is configured."""
Durable = Recovery | Battling | Rescoring | Erasing | Hosting
_SWEEP_EVERY: Final = 10.0
"""How often games are looked for that another process set going, in seconds."""
_FORGET_EVERY: Final = 3_600.0
_log = structlog.get_logger()


@dataclass(slots=True)
class House:
    """Everything that runs in one process, and how it is closed."""

    service: Service
    store: Store
    players: Players
    guard: Guard
    measure: Measure
    scales: Scales
    engine: Engine | None = None
    sweeping: "asyncio.Task[None] | None" = None

    async def close(self) -> None:
        """Stops the engine first, so that no step finds its collaborators gone. Games go on at the next start."""
        if self.sweeping is not None:
            self.sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await self.sweeping
        if self.engine is not None:
            await self.engine.close()
        await self.players.close()
        await self.guard.close()
        await self.store.close()


def providers(settings: Settings) -> Mapping[str, Provider]:
    """Every provider by the name that a model's table uses. Raises Misconfigured."""
    pace, hosts = limits(settings.limits), settings.download_hosts.replace(",", " ").split()
    key, base = settings.openai_api_key, settings.openai_base_url
    token, address = settings.replicate_api_token, settings.replicate_base_url
    return {
        "offline": Offline(),
        "openai": OpenAI(key, base, Downloads(hosts), pace["openai"], secret_named),
        "replicate": Replicate(token, address, Downloads([*HOSTS, *hosts]), Gate(pace["replicate"])),
        "cog": Cog(Downloads(hosts), pace["cog"]),
    }


def offline_players() -> Players:
    """The players that need no key, for a notebook."""
    offline = {"offline": Offline()}
    return Players(Registry.load(offline), offline)


def primary(settings: Settings, players: Players, ready: Collection[str]) -> str:
    """The embedder whose distances games show: the operator's choice, else ImageBind where it is ready, else MiniLM.

    Raises Misconfigured where the chosen one cannot measure.
    """
    tables = players.registry.tables
    name = settings.embedder or (PREFERRED if PREFERRED in ready else ALWAYS)
    if name in ready:
        return name
    if name in tables and tables[name].kind == "embedder":
        raise Misconfigured(f"TELEPHONE_EMBEDDER names {name}, which cannot measure ({players.why_not(tables[name])}).")
    raise Misconfigured(f"TELEPHONE_EMBEDDER names '{name[:40]}'; write one of: {', '.join(ready)}.")


def boards_of(measure: Measure, store: Store, registry: Registry) -> Boards:
    """Boards on which the primary and what measures every game have to agree."""
    known = {
        name: Judge(name, gauge.version, registry.label(name), registry.kin_of(name))
        for name, gauge in measure.gauges.items()
    }
    judges = tuple(known[name] for name in dict.fromkeys([measure.primary, measure.always]))
    others = tuple(judge for judge in known.values() if judge not in judges)
    return Boards(store, judges, others, Urn(store))


def chat(settings: Settings, players: Players) -> str | None:
    """The chat model that the operator named. Raises Misconfigured where it is none."""
    known = [table.name for table in players.registry.of_kind("chat")]
    if settings.chat is not None and settings.chat not in known:
        raise Misconfigured(f"TELEPHONE_CHAT names '{settings.chat[:40]}'; write one of: {', '.join(known)}.")
    return settings.chat


async def open_house(
    settings: Settings,
    stage: Stage | None,
    arena: Arena | None = None,
    noticeboard: Noticeboard | None = None,
    lobby: Lobby | None = None,
    *,
    broom: Broom | None = None,
    parlour: Parlour | None = None,
) -> House:
    """Opens the store and, with a stage to show games on, launches the engine on the running loop.

    With an arena battles are fought too, with a noticeboard old games are measured anew in the background, with a lobby
    members take turns, with a parlour they have parties, and with a broom they can have deleted what is kept of them.
    What was interrupted goes on at once. Raises Misconfigured.
    """
    reached, guard = providers(settings), guard_of(settings)
    players = Players(Registry.load(reached, settings.models), reached, barred=guard.why_not)
    ready = embedders(players)
    shown, writing = primary(settings, players, ready), chat(settings, players)
    pictures = Pictures.at(settings.pictures_url)
    store = await Store.open(settings.store_url)
    prices = {name: players.registry.table(name).price_usd for name in ready}
    gauges = {name: Gauge(store, pictures, embedder, prices[name]) for name, embedder in ready.items()}
    measure = Measure(gauges, shown)
    admission = Admission(store, players, guard, settings.caps, measure.most_usd, humans=lobby is not None)
    scales = Scales(store, measure, settings.caps)
    keepsakes = Keepsakes(pictures, players.registry, measure, scales)
    library = Library(store, guard, Writer(players, store, settings.caps, writing))
    boards, entry = boards_of(measure, store, players.registry), Entry(admission, Pairing(store, players, Urn(store)))
    pairs, integrity = Pairs(store, measure, scales, players.registry), Integrity(store)
    archive, guessing = Archive(Urn(store), settings.signing_key), Guessing(store, players.registry)
    anew = Anew(store, measure, scales, players.registry, settings.caps)
    serve = partial(
        Service,
        store,
        players,
        admission,
        keepsakes,
        prompts=library,
        boards=boards,
        pairs=pairs,
        integrity=integrity,
        archive=archive,
        guessing=guessing,
    )
    if stage is None:
        seats = Seats(store, pictures, guard)
        service = serve(
            moderation=Moderation(store, pictures),
            battles=Contest(store, entry, pictures),
            seats=seats,
            parties=Parties(store, admission, seats),
            errands=Errands(anew),
            privacy=Privacy(store, pictures),
        )
        return House(service, store, players, guard, measure, scales)
    engine = Engine(settings.engine_url)
    awaiting = Awaiting(measure, engine)
    taking, showing = (
        Taking(store, pictures, players, guard),
        Showing(store, pictures, players, scales, awaiting, stage, lobby),
    )
    rounds = Rounds(store, pictures, players, arena) if arena is not None else None
    measuring = Measuring(store, measure, scales, showing, engine)
    seating = Seating(store, players, showing) if lobby is not None else None
    play = Play(Company(store, taking, showing, measuring, engine, rounds, seating))
    battling = Battling(Ring(store, play, rounds, measuring, engine)) if rounds is not None else None
    rescoring = Rescoring(Desk(store, anew, noticeboard, engine)) if noticeboard is not None else None
    unfolding = None if parlour is None else Unfolding(store, showing, keepsakes, players.registry, parlour)
    hall = None if unfolding is None else Hall(store, play, showing, unfolding, measuring, admission, engine)
    hosting = None if hall is None else Hosting(hall)
    crew = None if broom is None else Crew(store, pictures, measure, play, battling, hosting, broom, engine)
    erasing = None if crew is None else Erasing(crew)
    workflows = [one for one in (battling, rescoring, erasing, hosting) if one is not None]
    try:
        await engine.launch([play, measuring, *workflows])
    except BaseException:
        await store.close()
        raise
    seats = Seats(store, pictures, guard, play)
    service = serve(
        moderation=Moderation(store, pictures, play),
        battles=Contest(store, entry, pictures, battling),
        seats=seats,
        parties=Parties(store, admission, seats, hosting),
        errands=Errands(anew, rescoring),
        privacy=Privacy(store, pictures, erasing),
        play=play,
    )
    sweeping = asyncio.create_task(_sweep([Recovery(store, play, engine), *workflows], engine, players))
    return House(service, store, players, guard, measure, scales, engine, sweeping)


async def _sweep(durable: Sequence[Durable], engine: Engine, players: Players) -> None:
    """Sets going what a crash or another process left; a fault is logged and the next sweep tries again.

    Beside it, once, the providers are asked which of their models still exist.
    """
    asking = asyncio.create_task(report_missing(players))
    try:
        await _sweep_on(durable, engine)
    finally:
        asking.cancel()
        await asyncio.wait({asking})


async def _sweep_on(durable: Sequence[Durable], engine: Engine) -> None:
    forget_at = 0.0
    while True:
        try:
            for one in durable:
                await one.recover()
            if time.monotonic() >= forget_at:
                await engine.forget_old()
                forget_at = time.monotonic() + _FORGET_EVERY
        except Exception:
            _log.exception("sweep failed")
        await asyncio.sleep(_SWEEP_EVERY)
