"""Amounts of money in words; empty for a free game."""

import math

from telephone.domain.games import Game


def money(usd: float) -> str:
    """`$0.19`; "nothing" for nothing."""
    if usd <= 0:
        return "nothing"
    return "less than $0.01" if usd < 0.005 else f"${usd:,.2f}"


def up_to(usd: float) -> str:
    """The most that something may cost, in whole cents and never less: `up to $0.21`."""
    return f"up to ${math.ceil(round(usd * 100, 4)) / 100:,.2f}"


def most(game: Game) -> str:
    """`, up to $0.21`, the most a game may cost, to continue a list."""
    return f", {up_to(game.costs.reserved)}" if game.costs.reserved else ""


def so_far(game: Game) -> str:
    """What an unfinished game has cost, as a sentence after another."""
    return "" if game.is_free else f" {money(game.cost_usd).capitalize()} spent so far."


def spent(game: Game) -> str:
    """What a game has cost, as a sentence after another, with what may have been billed twice."""
    if game.is_free:
        return ""
    return f" {money(game.cost_usd).capitalize()} spent.{doubt(game)}"


def doubt(game: Game) -> str:
    """What may have been billed besides, as a sentence after another; empty where nothing is in doubt."""
    more = game.possibly_billed_twice_usd
    return f" After an interruption {money(more)} more may have been billed." if more else ""
