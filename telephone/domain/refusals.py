"""Errors that the store raises, a type for each, and the sentence that a player reads for each.

The store writes no sentence of its own: all that a translation needs is here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final, Literal

from telephone.domain.battles import BattleState
from telephone.errors import BadInput, NotAllowed, NotFound, OverBudget

TAKEN: Final = "Someone took this turn just before you; watch for the next invitation."
SEEN: Final = "You have seen part of this game, so this turn is for someone else; enjoy the reveal."
TURN_CLOSED: Final = "This turn cannot be taken any more; watch for the next invitation."
RESERVED: Final = "This turn is another member's; press the button of your own invitation."
LATE: Final = "Your time for this turn is over, so this could not be played any more; here it is back."
PARTY_CLOSED: Final = "This party takes nobody in any more; start another with /telephone party."
FULL: Final = "All places of this party are taken; start another with /telephone party."
STRANGER: Final = "You are not one of this party; enjoy the reveal."
BEGUN: Final = "The prompts are collected already; watch for your turn."
_PROMPT_TAKEN: Final = {
    "waiting": "These words wait for a moderator already, as {slug}; please propose something else.",
    "accepted": "These words are on the list already, as {slug}; /telephone start plays them.",
}
_NO_VOTES: Final = {
    BattleState.PLAYING: "Battle {number} is still being played; you can vote when its last round is there.",
    BattleState.PAUSED: "Battle {number} is paused; you can vote when its last round is there.",
    BattleState.VOTING: "The votes on battle {number} are closed; its card is about to show names and distances.",
    BattleState.CLOSED: "The votes on battle {number} are closed; its card shows names and distances.",
    BattleState.VOID: "Battle {number} is void and takes no votes; /telephone battle begins another.",
}
"""Why a battle takes no vote; that of a battle in VOTING has run out of time."""
_CENT: Final = 10_000


class NoGame(NotFound):
    """There is no game of this id."""

    def __init__(self, game_id: str) -> None:
        super().__init__(f"There is no game {game_id[:40]!r} any more; look up the latest ones and try again.")


class NoGameNumber(NotFound):
    """There is no game of this number that may be seen."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"There is no game number {number} here that can be seen; look up the latest ones and try again."
        )


class NotHere(NotAllowed):
    """What is asked for belongs to another server than the one it is asked on."""

    def __init__(self) -> None:
        super().__init__("That belongs to another server, so nothing was done; please use the buttons of a card here.")


def require_here(of: int, server: int) -> None:
    """Raises NotHere unless what belongs to the server `of` is asked for on the server `server`."""
    if of != server:
        raise NotHere


class OutOfReach(NotAllowed):
    """All that is stored of a member is deleted, but messages stand in `places` (ids of channels and threads)."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(
            "What I store of you is deleted, but something of yours still stands in messages that I cannot reach: "
            "their thread is locked, I lack a permission there, or Discord does not answer. A moderator can unlock the "
            "thread, delete the messages, or give me Manage Threads; I keep trying."
        )
        self.places = tuple(place for place in places if place)


class SeedTooLarge(BadInput):
    """A seed that is too large for its column."""

    def __init__(self) -> None:
        super().__init__("That seed is too large; please choose one of at most 18 digits.")


class NobodyAsked(NotFound):
    """A ticket is to be stored for a step that no player was asked for."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Nobody was asked for step {key} of this game; please start the game again.")


class PausedEverywhere(NotAllowed):
    """The operator paused all games."""

    def __init__(self) -> None:
        super().__init__("The operator has paused all games; please try again later.")


class PausedHere(NotAllowed):
    """An admin paused the games of a server."""

    def __init__(self) -> None:
        super().__init__("Games are paused on this server; an admin can go on with /telephone-admin resume.")


class ReportOpen(BadInput):
    """The member has an open report in this game."""

    def __init__(self) -> None:
        super().__init__(
            "You have reported a turn of this game already; a moderator will look at it before you report more."
        )


class ReportDecided(BadInput):
    """The member has reported this step before."""

    def __init__(self) -> None:
        super().__init__("You have reported this turn before, and a moderator has decided; please ask them about it.")


class TurnClosed(NotAllowed):
    """The step is not open to members."""

    def __init__(self) -> None:
        super().__init__(TURN_CLOSED)


class NoTurn(NotFound):
    """There is no such step or claim."""

    def __init__(self) -> None:
        super().__init__(TURN_CLOSED)


class TurnTaken(NotAllowed):
    """Somebody else was first."""

    def __init__(self) -> None:
        super().__init__(TAKEN)


class TurnReserved(NotAllowed):
    """The step is reserved for another member."""

    def __init__(self) -> None:
        super().__init__(RESERVED)


class GameSeen(NotAllowed):
    """The member has seen another step of a sealed game."""

    def __init__(self) -> None:
        super().__init__(SEEN)


class TurnLate(NotAllowed):
    """The member does not hold the step any more."""

    def __init__(self) -> None:
        super().__init__(LATE)


class NoBattle(NotFound):
    """There is no such battle; the sentence names its id where there is one."""

    def __init__(self, battle_id: str | None = None) -> None:
        which = "such battle" if battle_id is None else f"battle {battle_id[:40]!r}"
        super().__init__(f"There is no {which} any more; /telephone battle begins another.")


class MetAlready(BadInput):
    """These games were set against each other before."""

    def __init__(self, games: list[int], battle: int) -> None:
        named = " and ".join(f"#{number}" for number in games)
        super().__init__(f"Games {named} have met already, in battle {battle}; please choose others.")


class NoVotes(NotAllowed):
    """A battle of this number and state takes no vote."""

    def __init__(self, state: BattleState, number: int) -> None:
        super().__init__(_NO_VOTES[state].format(number=number))


class SideOut(BadInput):
    """The side that was voted for is out."""

    def __init__(self) -> None:
        super().__init__("That side is out of this battle; please choose another.")


class NoTie(BadInput):
    """More than two sides cannot tie."""

    def __init__(self) -> None:
        super().__init__("Only two sides can tie; please choose the one that degraded least.")


class NoParty(NotFound):
    """There is no such party."""

    def __init__(self) -> None:
        super().__init__("There is no such party any more; start one with /telephone party.")


class PartyClosed(NotAllowed):
    """The party is not joining any more."""

    def __init__(self) -> None:
        super().__init__(PARTY_CLOSED)


class PartyFull(NotAllowed):
    """Every place is taken."""

    def __init__(self) -> None:
        super().__init__(FULL)


class NotOfParty(NotAllowed):
    """The member has not joined, or has left."""

    def __init__(self) -> None:
        super().__init__(STRANGER)


class PromptsCollected(NotAllowed):
    """The party takes no prompts any more."""

    def __init__(self) -> None:
        super().__init__(BEGUN)


class NoPrompt(NotFound):
    """There is no prompt of this number on a server."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no prompt {number} on this server any more; run the command again.")


class PromptKnown(BadInput):
    """The prompt was proposed before; `state` says whether it waits for a moderator or is on the list."""

    def __init__(self, state: str, slug: str) -> None:
        super().__init__(_PROMPT_TAKEN[state].format(slug=slug))


class MemberProposedEnough(OverBudget):
    """As many of a member's prompts wait for a moderator as may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} of your prompts wait for a moderator already; propose more when they have decided.")


class ServerProposedEnough(OverBudget):
    """As many prompts of a server wait for a moderator as may."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} prompts wait for this server's moderators already; "
            "/telephone-moderate prompts review makes room for more."
        )


class NotModerator(NotAllowed):
    """The member may not moderate this server."""

    def __init__(self) -> None:
        super().__init__("Only a moderator of this server can do that; please ask one of them.")


class NoRescore(NotFound):
    """There is no such job."""

    def __init__(self) -> None:
        super().__init__("There is no such rescore any more; please start another with /telephone-admin rescore.")


class NoErasure(NotFound):
    """There is no such deletion."""

    def __init__(self) -> None:
        super().__init__("There is no such deletion; /telephone me delete orders one.")


class NoExpense(NotFound):
    """There is no such expense."""

    def __init__(self) -> None:
        super().__init__("There is no such expense on the books; please start again.")


class CapTooHigh(BadInput):
    """A budget was set above the operator's."""

    def __init__(self, most_usd: float) -> None:
        super().__init__(f"The operator allows ${most_usd:,.2f} a day in all; please choose up to that.")


class NoGamesLeft(OverBudget):
    """A server or a member asks for more games than the `left` ones of today; `wanted` is how many."""

    def __init__(self, whose: Literal["server", "member"], most: int, left: int, wanted: int) -> None:
        games = "This server's games" if whose == "server" else "Your games"
        more = "more at 00:00 UTC, or an admin can allow more"
        if left == 0:
            super().__init__(f"{games} for today ({most}) are used up; {more}.")
            return
        theirs = f"{_lower(games)} for today"
        super().__init__(f"This battle takes {wanted} games, and {left} of {theirs} are left; {more}.")


class Purpose(Enum):
    """What money is to be spent on."""

    GAME = "game"
    BATTLE = "battle"
    EXPENSE = "expense"


@dataclass(frozen=True, slots=True)
class _Wish:
    """The words for a purpose, and the advice to give instead."""

    thing: str
    none: str
    cheaper: str


_WISHES: Final = {
    Purpose.GAME: _Wish(
        "This game",
        "No game that costs money may be played here; choose free models",
        "choose fewer turns or cheaper models",
    ),
    Purpose.BATTLE: _Wish(
        "This battle",
        "No battle that costs money may be played here; choose free models",
        "choose fewer turns or cheaper pairs",
    ),
    Purpose.EXPENSE: _Wish("This", "Nothing that costs money may be done here", "choose something cheaper"),
}
_BUDGETS: Final = {
    "operator": ("Today's budget", "the operator"),
    "server": ("Today's budget of this server", "an admin"),
    "member": ("Your budget for today", "an admin"),
}
"""The words for a budget, and who can raise it."""


class NoMoneyLeft(OverBudget):
    """Something may cost `most`, and only `left` is left of the daily budget `cap`, all in millionths of a dollar.

    `refills_in` is how long it is until the next day.
    """

    def __init__(
        self,
        purpose: Purpose,
        whose: Literal["operator", "server", "member"],
        *,
        most: int,
        cap: int,
        left: int,
        refills_in: timedelta,
    ) -> None:
        wish, (budget, who) = _WISHES[purpose], _BUDGETS[whose]
        cost = f"{wish.thing} may cost up to {_cents(most, up=True)}"
        refills = f"it refills at 00:00 UTC ({_in(refills_in)})"
        if cap == 0:
            sentence = f"{wish.none}, or {who} can set a budget."
        elif most > cap:
            sentence = f"{cost}, more than the {_cents(cap)} of a whole day; {wish.cheaper}, or {who} can raise it."
        elif left < _CENT:
            sentence = f"{budget} is used up; {refills}, or {who} can raise it."
        else:
            has = f"{_lower(budget)} has {_cents(left)} left"
            sentence = f"{cost}, and {has}; {wish.cheaper}, or wait: {refills}."
        super().__init__(sentence)


def _lower(words: str) -> str:
    return f"{words[0].lower()}{words[1:]}"


def _cents(amount: int, *, up: bool = False) -> str:
    cents = -(-amount // _CENT) if up else amount // _CENT
    return f"${cents / 100:,.2f}"


def _in(left: timedelta) -> str:
    minutes = max(1, round(left.total_seconds() / 60))
    return f"in {minutes} min" if minutes < 60 else f"in about {round(minutes / 60)} h"
