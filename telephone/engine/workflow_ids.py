"""The ids of all workflows. The journal finds a workflow by its id, so no id may ever change by a character.

A workflow runs once under its id. The id of a workflow that may run again contains a run, a moment or a version.
"""

import secrets
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Final

OPEN: Final = "open"
PLAY: Final = "play"
CLOSE: Final = "close"
SETTLE: Final = "settle"
REALIGN: Final = "realign"
SEAT: Final = "seat"
MEASURE: Final = "measure"
BATTLE: Final = "battle"
BATTLE_END: Final = "battle-end"
BATTLE_WAIT: Final = "battle-wait"
BATTLE_BALLOT: Final = "battle-ballot"
PARTY: Final = "party"
ERASE: Final = "erase"
RESCORE: Final = "rescore"

WRITING_GAMES: Final = (OPEN, PLAY, CLOSE, SETTLE, REALIGN)
"""The workflows that write to a game and its messages."""
WRITING_BATTLES: Final = (BATTLE, BATTLE_END)
WRITING_PARTIES: Final = (PARTY,)
OF_OWNERS: Final = (*WRITING_GAMES, SEAT, MEASURE, *WRITING_BATTLES, BATTLE_WAIT, BATTLE_BALLOT, PARTY)
"""All workflows of games, battles and parties."""

MINUTE: Final = 60
TEN_MINUTES: Final = 600
HOUR: Final = 3_600


def opening(game_id: str, run: int) -> str:
    """Posting the card, thread and opening message of one run of a game."""
    return f"{OPEN}-{game_id}-{run}"


def playing(game_id: str, run: int) -> str:
    """The steps of one run of a game."""
    return f"{PLAY}-{game_id}-{run}"


def closing(game_id: str) -> str:
    """The measuring of a finished game, and its summary."""
    return f"{CLOSE}-{game_id}"


def settling(game_id: str, run: int, state: str) -> str:
    """Updating the card of a game that came to a state in which it is not played, such as paused or stopped."""
    return f"{SETTLE}-{game_id}-{run}-{state}"


def realigning(game_id: str, key: str, version: int) -> str:
    """Hiding a step that was reported, or showing it again; `version` counts the reports' verdicts."""
    return f"{REALIGN}-{game_id}-{key}-{version}"


def minding(game_id: str, key: str, due: datetime) -> str:
    """The timer of a seat: its next reminder, claim end or deadline, at `due`."""
    return f"{SEAT}-{game_id}-{key}-{due.timestamp():.3f}"


def measuring(game_id: str, embedder: str) -> str:
    """The measuring of a game with an embedder that may take long."""
    return f"{MEASURE}-{game_id}-{embedder}"


def battle(battle_id: str, run: int) -> str:
    """The rounds of one run of a battle."""
    return f"{BATTLE}-{battle_id}-{run}"


def battle_end(battle_id: str) -> str:
    """The result of a battle."""
    return f"{BATTLE_END}-{battle_id}"


def battle_wait(battle_id: str) -> str:
    """The timer of a battle's votes."""
    return f"{BATTLE_WAIT}-{battle_id}"


def battle_ballot(battle_id: str) -> str:
    """Posting a ballot that was not posted when the votes opened."""
    return f"{BATTLE_BALLOT}-{battle_id}"


def party(party_id: str, run: int) -> str:
    """One run of a party."""
    return f"{PARTY}-{party_id}-{run}"


def erasing(erasure_id: str) -> str:
    """The deletion of a member's data."""
    return f"{ERASE}-{erasure_id}"


def rescoring(job_id: str) -> str:
    """The measuring of a server's old games with another embedder."""
    return f"{RESCORE}-{job_id}"


def once_every(seconds: int, workflow_id: str) -> str:
    """The id under which a workflow may run again, once in each stretch of so many seconds."""
    return f"{workflow_id}-{int(time.time() // seconds)}"


def once_more(kind: str, owner_id: str, *what: str) -> str:
    """An id that nothing has had before, for a workflow that another process asks for and that may run many times."""
    return "-".join((kind, owner_id, *what, secrets.token_hex(6)))


def prefixes(kinds: Iterable[str], owner_ids: Iterable[str]) -> list[str]:
    """The prefixes of the workflow ids of these kinds, for these games, battles or parties."""
    kinds = tuple(kinds)
    return [f"{kind}-{owner_id}" for owner_id in owner_ids for kind in kinds]
