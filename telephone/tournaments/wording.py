"""Designs and their reports in words, for the terminal and for Discord alike. Pure."""

from collections.abc import Sequence
from typing import Final

from telephone.domain.designs import FrozenDesign, Stopping
from telephone.leaderboards.wording.board import counted
from telephone.tournaments.report import Departure, DesignReport

SHOWN: Final = 10
"""How many games that are not as designed are named."""


def heading(design: FrozenDesign) -> str:
    """`40 games: 4 pairs × 10 prompts × 1 seed, 10 turns each`."""
    parts = (
        counted(len(design.pairs), "pair"),
        counted(len(design.prompts), "prompt"),
        counted(len(design.seeds), "seed"),
    )
    return f"{counted(len(design), 'game')}: {' × '.join(parts)}, {counted(design.turns, 'turn')} each"


def stopping(rule: Stopping) -> str:
    """When the design says stop, in one sentence."""
    if rule.width is None or rule.least is None:
        return "It ends when all of them are played."
    least = counted(rule.least, "prompt")
    return f"It ends after the first prompt, from {least} on, at which every interval is narrower than {rule.width:g}."


def told(report: DesignReport) -> list[str]:
    """Whether what was played is what was designed, then what is not, a sentence each."""
    games = f"{report.played:,} of {counted(report.designed, 'designed game')}"
    said = [f"{games} {'is' if report.played == 1 else 'are'} played as designed."]
    if report.stopped_after is not None:
        said.append(f"The stopping rule ended it after {counted(report.stopped_after, 'prompt')}.")
    if report.as_designed:
        said.append("What was played is what was designed.")
    else:
        said.append("What was played is not what was designed:")
        said += _named(report.departures)
        said += _named(report.missing)
    if report.others:
        others, stand = counted(report.others, "other game"), "stands" if report.others == 1 else "stand"
        said.append(f"{others} {stand} beside it; boards of designed games leave out what no plan fixed.")
    return said


def _named(departures: Sequence[Departure]) -> list[str]:
    lines = [f"- {one.pair} on {one.prompt} with seed {one.seed} {one.how}" for one in departures[:SHOWN]]
    more = len(departures) - len(lines)
    return [*lines, *([f"- and {more:,} more"] if more > 0 else [])]
