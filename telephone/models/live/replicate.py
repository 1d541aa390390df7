"""What only Replicate can tell: how soon a prediction is found, what its listing echoes, what each end costs."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from telephone.errors import TelephoneError
from telephone.models.live.asking import LiveModels, shape
from telephone.models.live.predictions import (
    NEEDS,
    Made,
    Predictions,
    cheapest,
    facts_of,
    most_usd,
    sample,
    wanted_of,
)
from telephone.models.live.samples import NO_PICTURE
from telephone.models.live.schemas import compared
from telephone.providers.base import ModelTable
from telephone.providers.downloads import origin_of
from telephone.providers.mapping import output_of
from telephone.providers.replicate import CLOCK_SKEW, HOSTS

EARLY: Final = (0.0, 0.05, 0.2, 1.0)
"""Seconds after a create at which it is looked for."""
LISTED: Final = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
AFTER_CANCEL: Final = (0.0, 2.0, 5.0)
CANCEL_AT: Final = 1.5
_HOPS: Final = 4
_MOVED: Final = (301, 302, 303, 307, 308)


async def early(live: LiveModels) -> None:
    """Whether a GET right after a create finds the prediction."""
    table = cheapest(live, "t2i") or cheapest(live, "i2t")
    if table is None:
        live.leave_out("GET right after a create", NEEDS)
        return
    predictions = Predictions(live)
    made, reply = await predictions.create("create, to be looked for at once", table, wanted_of(table))
    if made is None:
        return
    live.note(
        "create", reply, model=table.name, prediction=reply.get("status"), keys=sorted(reply.body), **reply.limits
    )
    for after in EARLY:
        await asyncio.sleep(max(0.0, made.at + after - time.monotonic()))
        looked = await predictions.look(made)
        live.note(f"GET {after * 1_000:.0f} ms after", looked, prediction=looked.get("status"))
    last, usd = await predictions.ended(made)
    live.note("its end", last, usd, **facts_of(last))


async def listing(live: LiveModels) -> None:
    """When the listing shows a prediction, and whether it echoes our input to the byte."""
    predictions, t2i, i2t = Predictions(live), cheapest(live, "t2i"), cheapest(live, "i2t")
    if t2i is None and i2t is None:
        live.leave_out("the listing's input", NEEDS)
        return
    if t2i is not None:
        await _listed(live, predictions, "a text", t2i, wanted_of(t2i))
    if i2t is not None:
        await _listed(live, predictions, "a data URL", i2t, wanted_of(i2t))
        address = await predictions.upload(sample().data)
        if address is not None:
            await _listed(live, predictions, "an address of /files", i2t, wanted_of(i2t, address))


async def _listed(
    live: LiveModels, predictions: Predictions, what: str, table: ModelTable, wanted: Mapping[str, Any]
) -> None:
    since = datetime.now(UTC) - CLOCK_SKEW
    made, reply = await predictions.create(f"create with {what}", table, wanted)
    if made is None:
        return
    live.note(f"create with {what}", reply, model=table.name, **_echo(wanted, reply.get("input")))
    for after in LISTED:
        await asyncio.sleep(max(0.0, made.at + after - time.monotonic()))
        listed = await predictions.listed(since)
        found = next((one for one in listed.get("results") or [] if one.get("id") == made.reference), None)
        if found is not None or after == LISTED[-1]:
            seen = f"{time.monotonic() - made.at:.1f} s after" if found else f"not within {after:g} s"
            live.note(f"list, {what}", listed, listed=seen, **_echo(wanted, (found or {}).get("input")))
            break
    last, usd = await predictions.ended(made)
    live.note(f"GET, {what}", last, usd, **_echo(wanted, last.get("input")), **facts_of(last))


def _echo(wanted: Mapping[str, Any], came: Any) -> dict[str, Any]:
    """Whether an input came back as it was sent, and where not, what came instead."""
    if not isinstance(came, Mapping):
        return {"input": shape(came)}
    other = {key: shape(came.get(key)) for key in wanted if came.get(key) != wanted[key]}
    added = sorted(set(came) - set(wanted))
    return {
        "input_same": not other and not added,
        **({"other": other} if other else {}),
        **({"added": added} if added else {}),
    }


async def ends(live: LiveModels) -> None:
    """Status, numbers and cost of a success, of one called off, and of a failure."""
    predictions = Predictions(live)
    drawing, reading, long = cheapest(live, "t2i"), cheapest(live, "i2t"), _longest(live)
    if drawing is None or reading is None or long is None:
        live.leave_out("a success, a cancel, a failure", NEEDS)
        return
    await _to_its_end(live, predictions, "a success", drawing, wanted_of(drawing))
    image = next(key for key, value in reading.input.items() if value == "$image")
    await _to_its_end(live, predictions, "a failure", reading, {**wanted_of(reading), image: NO_PICTURE})
    made, _ = await predictions.create("create, to be called off", long, wanted_of(long))
    if made is not None:
        await _called_off(live, predictions, made)


def _longest(live: LiveModels) -> ModelTable | None:
    """The model that draws for longest, by its price."""
    return next(iter(reversed([table for table in live.ready("replicate", "t2i") if table.second_usd])), None)


async def _to_its_end(
    live: LiveModels, predictions: Predictions, what: str, table: ModelTable, wanted: Mapping[str, Any]
) -> None:
    made, _ = await predictions.create(f"create, for {what}", table, wanted)
    if made is not None:
        last, usd = await predictions.ended(made)
        live.note(what, last, usd, model=table.name, **facts_of(last), **_priced(table))


async def _called_off(live: LiveModels, predictions: Predictions, made: Made) -> None:
    await asyncio.sleep(CANCEL_AT)
    before = await predictions.look(made)
    reply = await predictions.cancel(made)
    live.note("cancel", reply, model=made.table.name, before=before.get("status"), prediction=reply.get("status"))
    at = time.monotonic()
    for after in AFTER_CANCEL[:-1]:
        await asyncio.sleep(max(0.0, at + after - time.monotonic()))
        looked = await predictions.look(made)
        live.note(f"GET {after:g} s after the cancel", looked, **facts_of(looked))
    await asyncio.sleep(max(0.0, at + AFTER_CANCEL[-1] - time.monotonic()))
    last, usd = await predictions.ended(made)
    live.note(f"GET {AFTER_CANCEL[-1]:g} s after the cancel", last, usd, **facts_of(last), **_priced(made.table))


def _priced(table: ModelTable) -> dict[str, Any]:
    """What the table says, to be held against the account's billing page."""
    return {"usd_a_second": table.second_usd} if table.second_usd else {"usd_a_call": table.price_usd}


async def schemas(live: LiveModels) -> None:
    """Whether each model's table fits the schema that Replicate publishes of its version. Free."""
    tables = live.ready("replicate")
    if not tables:
        live.leave_out("schemas", NEEDS)
    predictions = Predictions(live)
    for table in tables:
        name, _, version = table.ref.partition(":")
        reply = await predictions.get(f"/models/{name}" + (f"/versions/{version}" if version else ""))
        schema = reply.get("openapi_schema") or (reply.get("latest_version") or {}).get("openapi_schema")
        known = {"cog": reply.get("cog_version")} if reply.get("cog_version") else {}
        live.note(table.name, reply, pinned=bool(version), **known, **(compared(table, schema) if reply.ok else {}))


async def versions(live: LiveModels) -> None:
    """Each model once: how it ends, whether we can read its output, and from which host it comes."""
    tables = live.ready("replicate", "t2i", "i2t")
    if not tables:
        live.leave_out("each model once", NEEDS)
    predictions = Predictions(live)
    for table in tables:
        made, _ = await predictions.create(table.name, table, wanted_of(table))
        if made is None:
            continue
        last, usd = await predictions.ended(made)
        facts = facts_of(last) | _read(table, last.get("output"))
        if table.kind == "t2i" and facts.get("read_by_us"):
            facts["file"] = await _followed(live, output_of(table, last.get("output")))
        live.note(table.name, last, usd, **facts)


def _read(table: ModelTable, output: Any) -> dict[str, Any]:
    if output is None:
        return {}
    try:
        return {"read_by_us": bool(output_of(table, output))}
    except TelephoneError as error:
        return {"read_by_us": False, "our_error": type(error).__name__}


async def _followed(live: LiveModels, address: str) -> list[str]:
    """Each hop from an output's address: host, status, type and size. Other hosts than Replicate's are not opened."""
    hops: list[str] = []
    for _ in range(_HOPS):
        host = urlsplit(address).hostname or shape(address)
        if not _is_theirs(live, address):
            return [*hops, f"{host}: not opened"]
        reply = await live.look(address)
        named = {name.lower(): value for name, value in reply.headers.items()}
        hops.append(f"{host}: {reply.status}, {named.get('content-type', 'no type')}, {reply.get('bytes', 0):,} bytes")
        if reply.status not in _MOVED:
            break
        address = urljoin(address, named.get("location", ""))
    return hops


def _is_theirs(live: LiveModels, address: str) -> bool:
    host = (urlsplit(address).hostname or "").lower()
    own = origin_of(address) == origin_of(live.settings.replicate_base_url)
    return own or (address.startswith("https://") and any(fnmatch(host, pattern) for pattern in HOSTS))


async def account(live: LiveModels) -> None:
    """The kind of account, and what the headers say of its rate limit. Free."""
    if live.settings.replicate_api_token is None:
        live.leave_out("Replicate's account and limits", NEEDS)
        return
    predictions = Predictions(live)
    told = await predictions.get("/account")
    live.note("Replicate's account", told, type=told.get("type"), keys=sorted(told.body or {}), **told.limits)
    listed = await predictions.listed(datetime.now(UTC) - CLOCK_SKEW)
    live.note("Replicate's listing", listed, page=len(listed.get("results") or []), **listed.limits)


def most_early(live: LiveModels) -> float:
    table = cheapest(live, "t2i") or cheapest(live, "i2t")
    return most_usd(table) if table else 0.0


def most_listing(live: LiveModels) -> float:
    t2i, i2t = cheapest(live, "t2i"), cheapest(live, "i2t")
    return (most_usd(t2i) if t2i else 0.0) + 2 * (most_usd(i2t) if i2t else 0.0)


def most_ends(live: LiveModels) -> float:
    tables = (cheapest(live, "t2i"), cheapest(live, "i2t"), _longest(live))
    return sum(most_usd(table) for table in tables if table is not None)


def most_versions(live: LiveModels) -> float:
    return sum(most_usd(table) for table in live.ready("replicate", "t2i", "i2t"))
