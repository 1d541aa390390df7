"""Links to the page: signed, for one claim of one member, good until the claim ends."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import ceil
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from telephone.errors import NotAllowed

PATH: Final = "/draw/"
CHANGED: Final = "This link is cut short or was changed; please press the button in Discord again to open it whole."
OVER: Final = "The time for this drawing is over; watch the game's thread in Discord for the next invitation."
_SALT: Final = "easel"  # never changes: links that members hold are signed with it


@dataclass(frozen=True, slots=True)
class Pass:
    """Who may draw for which claim, and until when."""

    claim_id: str
    member_id: int
    expires_at: datetime


class Links:
    """Makes links under `public_url`, and reads the tokens at their end. `key` is this installation's signing key."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._begin = public_url.rstrip("/") + PATH
        self._tokens = URLSafeSerializer(key, salt=_SALT, signer_kwargs={"digest_method": sha256})

    def to(self, claim_id: str, member_id: int, expires_at: datetime) -> str:
        """The address at which this member may draw for this claim, until `expires_at` (with a time zone)."""
        return self._begin + self._tokens.dumps([claim_id, member_id, ceil(expires_at.timestamp())])

    def read(self, token: str) -> Pass:
        """What a token lets its bearer do. Raises NotAllowed where it is not ours, or where its time is over."""
        try:
            claim_id, member_id, seconds = self._tokens.loads(token)
        except BadData as error:
            raise NotAllowed(CHANGED) from error
        expires_at = datetime.fromtimestamp(seconds, UTC)
        if datetime.now(UTC) >= expires_at:
            raise NotAllowed(OVER)
        return Pass(claim_id, member_id, expires_at)
