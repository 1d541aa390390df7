"""What Discord refuses because it is old: edits of old messages, tokens of old interactions, nonces of deleted ones."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from simcord.backend.errors import BackendError, unknown_message

from tests.standin.world import MendedBackend

OLD = 3_600.0
EDITS, WITHIN = 3, 6.0
"""How many edits of messages older than an hour a channel takes, in so many seconds: read, not published."""
_EPOCH = 1_420_070_400.0
_EDIT = re.compile(r"/channels/(\d+)/messages/(\d+)")
_TOKEN = re.compile(r"/webhooks/\d+/([^/]+)(?:/.*)?")


class TooManyEdits(BackendError):
    """A 429 that has a code: the limit on edits of old messages."""

    def __init__(self, wait: float) -> None:
        super().__init__(429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
        self.wait = wait
        # discord.py takes a 429 without Via for a ban by Cloudflare.
        self.headers = {"Retry-After": f"{wait:.3f}", "X-RateLimit-Scope": "shared", "Via": "1.1 google"}

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "retry_after": self.wait, "global": False}


class Ageing:
    """Looks at requests for what is too old for them, in the world's time."""

    def __init__(self, backend: MendedBackend) -> None:
        self._backend = backend
        self._edits: dict[int, list[float]] = defaultdict(list)

    def check(self, method: str, path: str) -> None:
        """Raise what Discord would answer."""
        now = self._backend.clock.now().timestamp()
        if (match := _TOKEN.fullmatch(path)) and match[1] in self._backend.interaction_tokens:
            asked = self._backend.interactions.get(self._backend.interaction_tokens[match[1]])
            if asked is None or (asked.expires_at is not None and self._backend.now_iso() >= asked.expires_at):
                raise BackendError(401, 50027, "Invalid Webhook Token")
        match = _EDIT.fullmatch(path)
        if method == "PATCH" and match and now - _born(int(match[2])) > OLD:
            self._edit(int(match[1]), now)

    def _edit(self, channel_id: int, now: float) -> None:
        recent = [at for at in self._edits[channel_id] if now - at < WITHIN]
        if len(recent) >= EDITS:
            raise TooManyEdits(round(recent[0] + WITHIN - now, 3))
        self._edits[channel_id] = [*recent, now]


def gone_nonce() -> BackendError:
    """What a nonce is answered whose message was deleted within its window: on purpose, not posted anew."""
    return unknown_message()


def _born(message_id: int) -> float:
    return (message_id >> 22) / 1000 + _EPOCH
