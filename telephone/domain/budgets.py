"""Limits of a day's spending, of a server and of a member, and what is left of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """How much may be spent a day, in US dollars: in all, and by default on one server and by one member."""

    operator_usd: float = 5.0
    server_usd: float = 2.0
    member_usd: float = 0.5


@dataclass(frozen=True, slots=True)
class Allowance:
    """One daily budget in US dollars, and what is spent or reserved of it; `games` is None where nobody set it."""

    cap_usd: float
    taken_usd: float = 0.0
    games: int | None = None
    played: int = 0
