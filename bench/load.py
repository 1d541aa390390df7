"""What a step costs, and how near a load comes to the least time that its calls need.

    python bench/load.py [--quick] [--json] [--only PART ...] [--database URL]
    python bench/load.py --soak [GAMES] | --workers [GAMES]

Counted goals decide the exit status: it is 1 where one is missed, a game is not finished, a message is missing or
posted twice, or a call is made twice. Figures of time are printed beside their goals, since other work on the machine
lengthens them. --quick counts only, in less than a minute on a quiet machine.

Parts: engine (a step of engine and store alone), postgres (the same there, over SQLite's), makespan (with the article's
serial loop beside it), bot (the article's games through the bot, on a Discord of this machine), pictures and offline
(what a turn costs), grow (5, 120 and 500 games at once), idle, start (beside 100,000 stored games), cli.

--database is for the parts engine and makespan: the URL of an empty Postgres database, or "pgserver" to have one
started from a package of requirements-dev.lock.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import load_bot
import load_cli
import load_costs
import load_grow
import load_idle
import load_soak
import load_start
import load_workers
from load_rows import Found

from telephone import log

Part = Callable[[str | None], Coroutine[Any, Any, Found]]
"""A part of the bench; it is given the URL of a database, None for SQLite."""


def _alone(measure: Callable[[], Coroutine[Any, Any, Found]]) -> Part:
    return lambda url: measure()


PARTS: Final[dict[str, Part]] = {
    "engine": load_costs.steps,
    "postgres": _alone(load_costs.postgres),
    "makespan": load_costs.makespan,
    "bot": _alone(load_bot.article),
    "pictures": _alone(load_bot.pictures),
    "offline": _alone(load_bot.offline),
    "grow": _alone(load_grow.grow),
    "idle": _alone(load_idle.idle),
    "start": _alone(load_start.start),
    "cli": _alone(load_cli.commands),
}
QUICK: Final[dict[str, Part]] = {"engine": load_costs.quick, "bot": _alone(load_bot.quick)}
"""What --quick runs of these parts."""


def bench(parts: dict[str, Part], url: str | None, tell: Callable[[str, Found], None]) -> list[tuple[str, Found]]:
    """Runs the parts one after another; each is told as soon as it is there.

    Each has a loop of its own: an engine that was closed takes its loop's threads with it.
    """
    found = []
    for name, part in parts.items():
        found.append((name, asyncio.run(part(url))))
        tell(*found[-1])
    return found


def _chosen(given: argparse.Namespace) -> dict[str, Part]:
    """The parts that the options ask for."""
    by_hand = {}
    if given.soak:
        by_hand["soak"] = _alone(lambda: load_soak.soak(given.soak))
    if given.workers:
        by_hand["workers"] = _alone(lambda: load_workers.workers(given.workers))
    known = QUICK if given.quick else PARTS
    return by_hand or {name: part for name, part in known.items() if not given.only or name in given.only}


def _print(name: str, found: Found) -> None:
    print(f"-- {name}")
    print(*found.rows, *found.faults, sep="\n", flush=True)


def _database(given: str | None) -> Any:
    if given != "pgserver":
        return nullcontext(given)
    from load_postgres import fresh

    return fresh()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="counts only, in less than a minute")
    parser.add_argument(
        "--soak", type=int, nargs="?", const=load_soak.GAMES, metavar="GAMES", help="10,000 games, and nothing else"
    )
    parser.add_argument(
        "--workers", type=int, nargs="?", const=load_workers.LOAD.games, metavar="GAMES", help="1, 2 and 4 processes"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=f"one of {', '.join(PARTS)}")
    parser.add_argument("--database", metavar="URL", help="an empty Postgres database, or pgserver; by default SQLite")
    given = parser.parse_args(argv)
    log.configure(logging.ERROR)
    parts = _chosen(given)
    before, began = os.getloadavg()[0], time.monotonic()
    with _database(given.database) as url:
        found = bench(parts, url, (lambda *_: None) if given.json else _print)
    rows = [row for _, one in found for row in one.rows]
    faults = [fault for _, one in found for fault in one.faults]
    machine = {"cores": os.cpu_count(), "load": [before, os.getloadavg()[0]], "took": time.monotonic() - began}
    if given.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "faults": faults, "machine": machine}))
    else:
        load = "load average {:.1f} before and {:.1f} after".format(*machine["load"])
        print(f"{machine['cores']} cores, {load}, {machine['took']:.0f} s")
    return 1 if faults or any(row.missed and row.counted for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
