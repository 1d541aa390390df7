"""How a message is posted only once: the nonce by which Discord recognises a repeated post."""

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """How one message is kept from being posted twice.

    `nonce` has at most 25 characters and is the same at every attempt; `since` is when the first
    attempt began; `again` says that there was one, so that its message may be there already.
    """

    nonce: str
    since: datetime
    again: bool = False


def nonce(game_id: str, what: str) -> str:
    """The nonce of one message of one game: 24 characters, the same on every machine."""
    return hashlib.blake2b(f"{game_id}/{what}".encode(), digest_size=12).hexdigest()
