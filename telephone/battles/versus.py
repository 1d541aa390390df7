"""Admission of a battle between two finished games: checks that a vote on them would mean something."""

import secrets
from dataclasses import dataclass
from typing import Final

from telephone.domain.battles import VOTE_SECONDS, BattleRequest
from telephone.domain.games import HUMAN, NO_GUILD, Game, GameState, Prompt
from telephone.errors import BadInput, NotAllowed
from telephone.store import Store

ANOTHER: Final = "please choose another"


@dataclass(frozen=True, slots=True)
class VersusAsked:
    """Two finished games of a server by their numbers, and where they are to be voted on.

    `key` is the id to store the battle under, so that a request that comes twice starts one battle.
    """

    game_a: int
    game_b: int
    guild_id: int = NO_GUILD
    channel_id: int = 0
    starter_id: int = 0
    age_restricted: bool = False
    vote_seconds: int = VOTE_SECONDS
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A battle that can be voted on at once, its games, and the place of each, drawn by lot."""

    request: BattleRequest
    games: tuple[Game, Game]
    places: tuple[int, ...]


async def match(store: Store, asked: VersusAsked) -> Match:
    """The battle of two stored games. Raises a TelephoneError that says what to choose instead."""
    await store.servers.check_open(asked.guild_id)
    if asked.game_a == asked.game_b:
        raise BadInput("A game cannot be set against itself; please choose two games of different pairs.")
    a, b = [await store.games.by_number(asked.guild_id, number) for number in (asked.game_a, asked.game_b)]
    for game in (a, b):
        _check(game)
    _check_both(a, b)
    adult = a.request.nsfw or b.request.nsfw
    policy = (await store.servers.settings(asked.guild_id)).nsfw
    if adult and not (asked.age_restricted and policy == "age-restricted-only"):
        raise NotAllowed(
            "One of these games was played where adult content was allowed; please use this command in an "
            "age-restricted channel of a server that allows it."
        )
    prompt = a.request.prompt if a.request.prompt == b.request.prompt else Prompt(a.request.prompt.text)
    request = BattleRequest(
        prompt=prompt,
        pairs=(a.pair, b.pair),
        turns=a.request.turns,
        seed=a.request.seed,
        guild_id=asked.guild_id,
        channel_id=asked.channel_id,
        starter_id=asked.starter_id,
        nsfw=adult,
        vote_seconds=asked.vote_seconds,
        designed=False,
    )
    return Match(request, (a, b), tuple(secrets.SystemRandom().sample(range(2), 2)))


def _check(game: Game) -> None:
    if game.voided:
        raise BadInput(f"A moderator voided game #{game.number} after a report; please choose another.")
    if game.state is not GameState.FINISHED:
        raise BadInput(f"Game #{game.number} was not played to its end; please choose one that was.")
    if HUMAN in (game.pair.t2i, game.pair.i2t) and not game.request.sealed:
        raise BadInput(f"Members played game #{game.number} in the open, which is set against no other; {ANOTHER}.")
    if game.is_album:
        raise BadInput(f"Game #{game.number} is an album of a party, which is set against no other; {ANOTHER}.")
    if game.stand_ins or game.request.human_step is not None:
        raise BadInput(f"A member and a model shared a part of game #{game.number}; {ANOTHER}.")
    if any(step.hidden for step in game.steps):
        raise BadInput(f"A turn of game #{game.number} is hidden after a report; please choose another game.")


def _check_both(a: Game, b: Game) -> None:
    both = f"Games #{a.number} and #{b.number}"
    if a.request.prompt.text != b.request.prompt.text:
        raise BadInput(f"{both} began with different prompts; please choose two that began with the same.")
    if a.pair == b.pair:
        raise BadInput(f"{both} were played by the same pair, {a.pair}; please choose games of different pairs.")
    if a.request.turns != b.request.turns:
        raise BadInput(
            f"{both} have {a.request.turns} and {b.request.turns} turns, and meaning is lost from turn to turn; "
            "please choose two of the same length."
        )
