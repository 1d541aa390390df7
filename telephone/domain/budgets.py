"""Daily limits of spending, and how much of them is taken."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may be spent a day, in US dollars: in all, and by default on one server and by one member."""

    operator_usd: float = 5.0
    server_usd: float = 2.0
    member_usd: float = 0.5


@dataclass(frozen=True, slots=True)
class Allowance:
    """One daily budget in US dollars, and how much of it is spent or reserved.

    `games` is the most games a day, None where no limit is set; `played` counts a server's games of today.
    """

    cap_usd: float
    taken_usd: float = 0.0
    games: int | None = None
    played: int = 0
