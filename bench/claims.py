"""Claims of a bench: a measured value with its error, and the bounds it must lie between."""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

QUICKER = 25
"""With --quick every case is simulated so many times less often: enough to see that it runs, and gross mistakes."""
STRICT, GROSS = 2.0, 4.0
"""By how many standard errors of the simulation a bound may be missed, and with --quick, where many rows of few
simulations each are looked at together."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the table. `error` is the standard error of the simulation; a bound is missed beyond `slack` of it."""

    name: str
    value: float
    error: float = 0.0
    least: float = float("-inf")
    most: float = float("inf")
    slack: float = STRICT

    @property
    def holds(self) -> bool:
        beyond = self.slack * self.error
        return self.least - beyond <= self.value <= self.most + beyond

    @property
    def row(self) -> str:
        low = "" if self.least == float("-inf") else f"≥ {self.least:.2f}"
        high = "" if self.most == float("inf") else f"≤ {self.most:.2f}"
        wanted = ", ".join(part for part in (low, high) if part)
        verdict = ("ok" if self.holds else "MISSED") if wanted else ""
        return f"{self.name:<66} {self.value:7.3f} ± {self.error:.3f}   {wanted:<16} {verdict}".rstrip()


@dataclass(frozen=True, slots=True)
class Case:
    """One server or design: `measure` simulates it so many times. `repeats` is how often in the full run."""

    title: str
    measure: Callable[[int], list[Claim]]
    repeats: int


def mean(name: str, values: Sequence[float], **bounds: float) -> Claim:
    """A claim about the mean of what was simulated."""
    seen = [float(value) for value in values]
    return Claim(name, statistics.fmean(seen), statistics.pstdev(seen) / len(seen) ** 0.5, **bounds)


def share(name: str, values: Sequence[float], near: float, **bounds: float) -> Claim:
    """A claim about how often something holds, in each simulation or in a part of one; it is expected `near` so often.

    Its error is never less than that of as many coin tosses: where all hold, their scatter says nothing.
    """
    found = mean(name, values, **bounds)
    return replace(found, error=max(found.error, (near * (1 - near) / len(values)) ** 0.5))


def run(describes: str | None, cases: Iterable[Case]) -> None:
    """Prints every case's claims as they come; exits with status 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=describes, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute instead of a quarter of an hour")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases whose title contains this")
    asked = parser.parse_args()
    quick, missed, began = asked.quick, 0, time.process_time()
    for case in (case for case in cases if asked.only in case.title):
        repeats = max(case.repeats // QUICKER, 1) if quick else case.repeats
        start = time.process_time()
        claims = [replace(claim, slack=GROSS if quick else STRICT) for claim in case.measure(repeats)]
        print(f"{case.title}   ({repeats} simulations, {time.process_time() - start:.0f} s of CPU)")
        for claim in claims:
            print("  " + claim.row, flush=True)
        missed += sum(not claim.holds for claim in claims)
    print(f"{time.process_time() - began:.0f} s of CPU, one thread")
    print("every claim holds" if not missed else f"{missed} claims do not hold")
    sys.exit(1 if missed else 0)
