"""What is configured, what is reachable, what is missing and how to get it."""

import asyncio
import platform
import re
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

import aiohttp

from telephone.cli.server_checks import ask_all, servers
from telephone.domain.games import Image
from telephone.errors import Barred, NotAllowed, Outage, TelephoneError
from telephone.games.service import UNFINISHED
from telephone.measurement.distances import ALWAYS
from telephone.media.images import TO_DO, Pictures
from telephone.models.configured import chat, primary, providers
from telephone.models.embedders import embedders
from telephone.models.players import Players
from telephone.models.probe import Trial, Tried, existing_models
from telephone.models.registry import Registry
from telephone.prompts.generator import chosen
from telephone.providers.base import ModelTable, Slowed
from telephone.providers.downloads import Origin, origin_of
from telephone.providers.failures import VERIFY
from telephone.providers.openai import OFFICIAL
from telephone.providers.replicate import ADD_CREDIT
from telephone.safety import WORDS, choice, guard_of
from telephone.settings import HEALTHY, Settings, roles
from telephone.settings.checks import folder_of
from telephone.store import Store
from telephone.store.database import read_url

Health = Literal["good", "missing", "broken"]
_REACH_WITHIN = 5.0
_TRY_WITHIN = 120.0
_CHECK_WITHIN = 60.0
GONE = "not at its provider, or closed to its key"
_LOOPBACKS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 where to ask one that listens everywhere


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at. `remedy` is empty where nothing needs doing."""

    what: str
    health: Health
    stands: str
    remedy: str = ""


async def examine(settings: Settings) -> list[Diagnosis]:
    """Looks at everything; a check that fails is a finding, never an exception."""
    findings = [Diagnosis("Python", "good", f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}")]
    for what, check in _CHECKS.items():
        try:
            async with asyncio.timeout(_CHECK_WITHIN):
                findings += await check(settings)
        except TelephoneError as error:
            findings.append(
                Diagnosis(what, "broken", error.sentence, "Mend the setting, then run telephone doctor again.")
            )
        except TimeoutError:
            slow = f"no answer within {_CHECK_WITHIN:g} seconds"
            findings.append(Diagnosis(what, "broken", slow, "Check the network and the addresses in .env."))
        except Exception as error:
            findings.append(Diagnosis(what, "broken", f"{type(error).__name__}: {error}", "See docs/operating.md."))
    return findings


async def _settings(settings: Settings) -> list[Diagnosis]:
    """Names that look like settings and are none: what they set is not obeyed."""
    keys = {table.key for table in _registry(settings).tables.values()}
    return [
        Diagnosis("Settings", "missing", f"there is no setting {name}", f"Write {meant} instead." if meant else "")
        for name, meant in settings.unknown().items()
        if name not in keys
    ]


async def _database(settings: Settings) -> list[Diagnosis]:
    async with await Store.open(settings.store_url) as store:
        unfinished = await store.games.count(None, UNFINISHED)
        paused = await store.servers.paused_everywhere()
    kind = "Postgres" if settings.on_postgres else f"SQLite in {read_url(settings.store_url).database}"
    stands = f"{kind}, {unfinished} unfinished games"
    if paused:
        return [Diagnosis("Database", "missing", f"{stands}, all paused", "telephone resume ends the pause.")]
    return [Diagnosis("Database", "good", stands)]


def _place(address: str) -> str:
    """An address of pictures to show: a folder as its path, a bucket without what may be a key."""
    return str(folder_of(address)) if address.startswith("file:") else address.split("?", maxsplit=1)[0]


async def _budget(settings: Settings) -> list[Diagnosis]:
    async with await Store.open(settings.store_url) as store:
        today = await store.budgets.today(settings.caps)
    findings = []
    for guild_id, budget in today.items():
        what = "Budget" if guild_id is None else f"Budget of server {guild_id}"
        stands = f"${budget.taken_usd:,.2f} of ${budget.cap_usd:,.2f} spent or reserved today"
        if budget.taken_usd < budget.cap_usd:
            findings.append(Diagnosis(what, "good", stands))
        else:
            raising = "TELEPHONE_BUDGET_OPERATOR" if guild_id is None else "/telephone-admin budget"
            remedy = f"It refills at 00:00 UTC; {raising} raises it."
            findings.append(Diagnosis(what, "missing", stands, remedy))
    return findings


async def _pictures(settings: Settings) -> list[Diagnosis]:
    pictures = Pictures.at(settings.pictures_url)
    try:
        probe = await pictures.put(Image(b"telephone doctor"))
        await pictures.delete(probe)
    except Outage as error:
        remedy = TO_DO if isinstance(error, Barred) else "Look at the network and at TELEPHONE_STORAGE_URL"
        stands = f"{_place(settings.pictures_url)} cannot be written ({error.why})"
        return [Diagnosis("Pictures", "broken", stands, f"{remedy}.")]
    return [Diagnosis("Pictures", "good", _place(settings.pictures_url))]


async def _safety(settings: Settings) -> list[Diagnosis]:
    chosen, guard = choice(settings), guard_of(settings)
    missing = guard.checker.why_not()
    if chosen == "off":
        return [
            Diagnosis("Safety", "missing", WORDS[chosen], "Take TELEPHONE_MODERATION away: a model's checks are free.")
        ]
    if missing is not None:
        remedy = "Until then only offline models play, from prompts of the list."
        return [Diagnosis("Safety", "broken", missing, remedy)]
    await guard.checker.check_text("a fox mends a clock")
    await guard.close()
    return [Diagnosis("Safety", "good", WORDS[chosen])]


async def _embedder(settings: Settings) -> list[Diagnosis]:
    players = _players(settings)
    try:
        ready = embedders(players)
        shown = primary(settings, players, ready)
        await ready[ALWAYS].embed_texts(["a fox mends a clock"])
    finally:
        await players.close()
    names = " and ".join(players.registry.label(name) for name in dict.fromkeys([shown, ALWAYS]))
    stands, licence = f"games are measured by {names}; English only", players.registry.table(shown).licence
    if "research" not in licence:
        return [Diagnosis("Embedder", "good", stands)]
    remedy = f"{shown} is {licence}. Where that does not fit, set TELEPHONE_EMBEDDER={ALWAYS}."
    return [Diagnosis("Embedder", "good", stands, remedy)]


async def _servers(settings: Settings) -> list[Diagnosis]:
    """Asks every server of models that is configured."""
    wanted = servers(settings, _registry(settings).tables.values())
    heard = await ask_all(wanted)
    return [Diagnosis("Servers", "broken" if one.remedy else "good", one.stands, one.remedy) for one in heard]


async def _models(settings: Settings) -> list[Diagnosis]:
    players = _players(settings)
    try:
        known = await existing_models(players)
    finally:
        await players.close()
    ready, missing = [], defaultdict(list)
    for table in players.registry.tables.values():
        reason = players.why_not(table)
        if reason is not None:
            missing[reason].append(table)
        elif known.get(table.name) is False:
            missing[GONE].append(table)
        else:
            ready.append(table.name)
    playing = Diagnosis("Models", "good" if ready else "broken", f"{len(ready)} ready: {', '.join(ready)}")
    return [playing, *(_missing(reason, tables) for reason, tables in missing.items())]


def _missing(reason: str, tables: list[ModelTable]) -> Diagnosis:
    """One finding for all models that lack the same thing."""
    needs = re.search(r"[A-Z]+(?:_[A-Z]+)+", reason)
    instead = {table.replacement for table in tables if table.replacement}
    remedy = f"Set {needs[0]} in .env." if needs else ""
    if not needs and instead:
        remedy = f"Members are offered {', '.join(sorted(instead))}."
    names = ", ".join(table.name for table in tables)
    return Diagnosis("Models", "broken" if reason == GONE else "missing", f"{reason}: {names}", remedy)


async def _verified(settings: Settings) -> list[Diagnosis]:
    """Says that OpenAI's image models are for verified organisations: nothing that is free shows whether ours is."""
    players = _players(settings)
    try:
        artists = [table for table in players.registry.of_kind("t2i") if players.why_not(table) is None]
    finally:
        await players.close()
    official = origin_of(OFFICIAL)
    theirs = [t for t in artists if t.provider == "openai" and _origin(t, settings) == official]
    if not theirs:
        return []
    stands = f"{', '.join(table.name for table in theirs)}: for verified organisations only"
    return [
        Diagnosis(
            "OpenAI", "good", stands, f"telephone doctor --live --only models shows whether yours is; if not, {VERIFY}."
        )
    ]


def _origin(table: ModelTable, settings: Settings) -> Origin | None:
    return origin_of(table.url or settings.openai_base_url or OFFICIAL)


async def try_models(settings: Settings) -> AsyncIterator[Tried]:
    """Plays one turn of every model that can play, for at most a dollar in all.

    Last comes each provider that turned out to slow the account down.
    """
    players = replace(_players(settings), deadline=_TRY_WITHIN)
    try:
        async for tried in Trial(players).run():
            yield tried
        for name, provider in players.providers.items():
            if isinstance(provider, Slowed) and (slow := provider.slowness()) is not None:
                yield Tried(name, True, f"takes {slow.per_minute} calls a minute from this account. {slow.remedy}")
    finally:
        await players.close()


def _registry(settings: Settings) -> Registry:
    return Registry.load(providers(settings), settings.models)


def _players(settings: Settings) -> Players:
    reached = providers(settings)
    return Players(Registry.load(reached, settings.models), reached, barred=guard_of(settings).why_not)


async def _replicate(settings: Settings) -> list[Diagnosis]:
    if settings.replicate_api_token is None:
        return []
    return [Diagnosis("Replicate", "good", "a token is set; telephone doctor --live shows how fast it is", ADD_CREDIT)]


async def _writer(settings: Settings) -> list[Diagnosis]:
    players = _players(settings)
    try:
        table = chosen(players, chat(settings, players))
    except NotAllowed as error:
        return [Diagnosis("Chat", "missing", error.sentence, "Until then members write the prompts themselves.")]
    finally:
        await players.close()
    return [Diagnosis("Chat", "good", f"{table.name} writes prompts for moderators to review")]


async def _discord(settings: Settings) -> list[Diagnosis]:
    if settings.discord_token is None:
        remedy = "Set DISCORD_TOKEN to run on Discord; make play and make demo need none."
        return [Diagnosis("Discord", "missing", "no token", remedy)]
    headers = {"Authorization": f"Bot {settings.discord_token.get_secret_value()}"}
    limit = aiohttp.ClientTimeout(total=_REACH_WITHIN)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(f"{settings.discord_api_base}/users/@me", headers=headers) as answer,
        ):
            if answer.status == 401:
                return [Diagnosis("Discord", "broken", "the token is not accepted", "Copy it again from the portal.")]
            member = await answer.json() if answer.status == 200 else {}
            if isinstance(member, dict) and "username" in member:
                return [Diagnosis("Discord", "good", f"signed in as {member['username']}")]
            remedy = "Check DISCORD_API_BASE, and try again in a minute."
            return [Diagnosis("Discord", "broken", f"it answered {answer.status}", remedy)]
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        remedy = "Check the network and DISCORD_API_BASE."
        return [Diagnosis("Discord", "broken", f"not reachable ({type(error).__name__})", remedy)]


async def _role(settings: Settings) -> list[Diagnosis]:
    """What the role of a process needs beside the others; one that does everything needs nothing more."""
    if settings.role == "all":
        return []
    roles.check(settings)
    return [Diagnosis("Role", "good", settings.role)]


async def _drawing_page(settings: Settings) -> list[Diagnosis]:
    """Looks at the drawing page from here, and at the address that its links lead to."""
    if settings.public_url is None:
        remedy = "Members hand in drawings as files; TELEPHONE_PUBLIC_URL lets them draw in the browser too."
        return [Diagnosis("Drawing page", "missing", "no public address", remedy)]
    here, there = f"port {settings.http_port}", settings.public_url
    local = await _heard(f"http://{_LOOPBACKS.get(settings.http_host, settings.http_host)}:{settings.http_port}")
    if local is None:
        return [Diagnosis("Drawing page", "missing", f"nobody listens on {here}", "It is served while the bot runs.")]
    if local != HEALTHY:
        remedy = "Set TELEPHONE_HTTP_PORT to a free port and start the bot again."
        return [Diagnosis("Drawing page", "broken", f"another program listens on {here}", remedy)]
    if await _heard(there.rstrip("/")) != HEALTHY:
        remedy = "Check the reverse proxy and TELEPHONE_PUBLIC_URL; see docs/operating.md, 3."
        return [Diagnosis("Drawing page", "broken", f"served on {here}, but {there} does not lead there", remedy)]
    return [Diagnosis("Drawing page", "good", f"served at {there}")]


async def _heard(address: str) -> str | None:
    """The answer of an address's health route; None where nobody answers."""
    limit = aiohttp.ClientTimeout(total=_REACH_WITHIN)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(f"{address}/health") as answer:
            return (await answer.content.read(200)).decode(errors="replace")
    except (TimeoutError, aiohttp.ClientConnectorError):
        return None
    except aiohttp.ClientError:
        return ""


_CHECKS: dict[str, Callable[[Settings], Awaitable[list[Diagnosis]]]] = {
    "Settings": _settings,
    "Role": _role,
    "Database": _database,
    "Budget": _budget,
    "Pictures": _pictures,
    "Safety": _safety,
    "Embedder": _embedder,
    "Servers": _servers,
    "Models": _models,
    "Replicate": _replicate,
    "OpenAI": _verified,
    "Chat": _writer,
    "Discord": _discord,
    "Drawing page": _drawing_page,
}
