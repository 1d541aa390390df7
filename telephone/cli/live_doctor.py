"""`telephone doctor --live`: says what it costs at most, asks for leave, and prints what the providers answered."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telephone.cli import live_table
from telephone.cli.doctor import try_models
from telephone.domain.live_answers import LiveAnswer
from telephone.errors import BadInput
from telephone.models import live
from telephone.models.configured import providers
from telephone.models.players import Players
from telephone.models.registry import Registry
from telephone.safety import guard_of
from telephone.settings import Settings

TO_SPEND = "Nothing was asked yet. Add --yes to spend up to ${most:.2f}, --budget USD to spend at most that much, or \
--only with some of: {parts}."


async def examine_live(
    settings: Settings, *, only: str, yes: bool, budget: float | None, out: Path, silent: bool
) -> list[LiveAnswer]:
    """Asks the providers, within `budget`, or within what the parts cost at most where `yes` is said.

    Prints the rows, unless `silent`, and writes them to `out`. Raises BadInput where it costs money and nobody agreed.
    """
    names, rows = live.chosen(only), list[LiveAnswer]()
    players = _players(settings)
    try:
        most = await live.most_usd(settings, players, names)
        _announce(most)
        limit = sum(most.values()) if budget is None else budget
        if limit > 0 and not yes and budget is None:
            paid = ", ".join(name for name, usd in most.items() if usd)
            raise BadInput(TO_SPEND.format(most=_up(limit), parts=paid))
        await live.run(settings, players, names, limit, trial=lambda: try_models(settings), rows=rows, say=_say)
    finally:
        await players.close()
        _hand_over(names, rows, out, silent)
    return rows


def _hand_over(names: list[str], rows: list[LiveAnswer], out: Path, silent: bool) -> None:
    """Shows and writes what was answered, of an interrupted run too."""
    if not rows:
        return
    if not silent:
        live_table.show(rows)
    live_table.write(out, _about(names, rows), rows)
    spent = sum(row.usd for row in rows)
    _say(f"{live_table.tally(rows)}, ${spent:.4f} by our tables; written to {out}, fit to be sent back.")


def as_rows(answers: list[LiveAnswer]) -> list[dict[str, Any]]:
    """The answers beside doctor's findings in its JSON; a model that was tried has its name and words there too."""
    return [_tried(answer) | answer.as_json() for answer in answers]


def _tried(answer: LiveAnswer) -> dict[str, Any]:
    if answer.part != "models":
        return {"what": f"Live {answer.part}"}
    return {
        "what": f"Try {answer.asked}",
        "name": answer.asked,
        "played": answer.status == "played",
        "said": answer.facts["said"],
        "left_out": answer.is_left_out,
    }


def failed(answers: list[LiveAnswer]) -> bool:
    """Whether a model that should play did not."""
    return any(answer.part == "models" and answer.status == "failed" for answer in answers)


def _players(settings: Settings) -> Players:
    reached = providers(settings)
    players = Players(Registry.load(reached, settings.models), reached)
    return replace(players, barred=guard_of(settings).why_not)


def _announce(most: dict[str, float]) -> None:
    for name, usd in most.items():
        _say(f"  {name:<11} {'free' if not usd else f'at most ${_up(usd):.2f}'}  {live.PARTS[name].about}")
    _say(f"At most ${_up(sum(most.values())):.2f} in all, by our tables.")


def _up(usd: float) -> float:
    """Rounded up to a cent, so that nothing costs more than was said."""
    return -(-usd * 100 // 1) / 100


def _about(names: list[str], rows: list[LiveAnswer]) -> dict[str, Any]:
    return {
        "telephone doctor --live": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "parts": " ".join(names),
        "usd": round(sum(row.usd for row in rows), 4),
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
