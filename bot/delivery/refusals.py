"""What each of Discord's error codes means for a message that we send or edit, a thread that we open, or a reply.

The codes are those of Discord's own list, "JSON Error Codes" in its documentation. Four tables place every code that
such a request can meet; a code that is in none of them pauses the game too, since it is a refusal that Discord added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
SYSTEM_MESSAGE: Final = 50021
MALFORMED: Final = 50035
TOO_OLD_TO_EDIT: Final = 30046
TOO_LARGE: Final = 40005
ARCHIVED: Final = 50083
LOCKED: Final = 160005
THREAD_EXISTS: Final = 160004
ACKNOWLEDGED: Final = 40060

_CHECK: Final = "an admin can run /telephone-admin check"
_OPERATOR: Final = "whoever runs this bot can set that right"
_THREAD_LOCKED: Final = "unlock it"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a place takes no message, and what helps, without a stop at the end of either.

    `what` is that of StageGone; `gone` says that what we wanted to change is deleted, so that nothing of it stands.
    """

    cause: str
    cure: str
    what: str = "permission"
    gone: bool = False

    def sentence(self, turn: int, place: str) -> str:
        """The sentence for players; `turn` 0 stands for what has no turns, `place` is "channel" or "thread"."""
        cause = self.cause.format(place=place)
        if turn == 0:
            return f"{cause}; {self.cure}." if self.cure else f"{cause}."
        then = f"{self.cure} and press Continue" if self.cure else "press Continue"
        return f"{cause}, so I paused at turn {turn}; {then}."


def _limit(cause: str, cure: str, what: str = "limit") -> Refusal:
    return Refusal(cause, cure, what)


PLACE: Final[Mapping[int, Refusal]] = {
    # Not there any more
    UNKNOWN_CHANNEL: Refusal("The {place} was deleted", "", "thread", gone=True),
    10004: Refusal("This server is not there for me any more", "invite me again", "channel"),
    UNKNOWN_MESSAGE: Refusal("A message of mine was deleted", "", "thread", gone=True),
    # A permission is missing
    50001: Refusal("I can no longer see the {place} (View Channel)", _CHECK),
    50013: Refusal("I may not post in the {place}", _CHECK),
    160002: Refusal("I may not reply here without Read Message History", "give me that permission"),
    50005: Refusal("These messages are another bot's, so I may not change them", _OPERATOR),
    50009: Refusal("This server's verification level keeps me from posting", "lower it or give me a role"),
    40007: Refusal("This server has banned me", "lift the ban, invite me again"),
    20012: Refusal("Discord does not let this application do that", _OPERATOR),
    20024: Refusal("Discord keeps this {place} to people of a certain age", "choose another channel"),
    50017: Refusal("This server asks for two-factor authentication, which my account lacks", _OPERATOR),
    60003: Refusal("This server asks for two-factor authentication, which my account lacks", _OPERATOR),
    40001: Refusal("Discord does not accept my token any more", _OPERATOR),
    50014: Refusal("Discord does not accept my token any more", _OPERATOR),
    40002: Refusal("Discord wants my account verified first", _OPERATOR),
    50178: Refusal("Discord wants my account verified first", _OPERATOR),
    50095: Refusal("Discord does not show this server where I run", _OPERATOR),
    # Closed, or the wrong kind of place
    ARCHIVED: Refusal("The {place} was archived", "reopen it", "thread"),
    LOCKED: Refusal("The {place} was locked", _THREAD_LOCKED, "thread"),
    50003: Refusal("Games are not played in direct messages", "choose a text channel", "channel"),
    50008: Refusal("This channel takes no text messages", "choose a text channel", "channel"),
    50024: Refusal("Discord does not allow that in a channel of this type", "choose a text channel", "channel"),
    40058: Refusal("A forum takes posts, and no plain messages", "choose a text channel", "channel"),
    40066: Refusal("This forum asks for a tag that only its moderators may set", "offer one for all", "channel"),
    40067: Refusal("This forum asks for a tag on every post", "no longer require one", "channel"),
    220001: Refusal("A forum takes posts, and no plain messages", "choose a text channel", "channel"),
    # A direct message to somebody who takes none
    50007: Refusal("This member takes no direct messages of mine", "", "member"),
    50033: Refusal("This member takes no direct messages of mine", "", "member"),
    50278: Refusal("I share no server with this member any more and cannot write to them", "", "member"),
    # A limit is reached
    160006: _limit("This server has as many open threads as Discord allows", "archive one", "channel"),
    160007: _limit("This channel has as many open announcement threads as Discord allows", "archive one"),
    30033: _limit("This thread has the 1,000 members that Discord allows", "remove one"),
    30013: _limit("This server has as many channels as Discord allows", "delete one"),
    30061: _limit("This server has more in its channels than Discord allows", "delete some"),
    400001: _limit("Discord limits uploads of files on this server", "wait until it allows them"),
    TOO_LARGE: _limit("This server takes no file of this size", "choose fewer turns or smaller pictures"),
    50045: _limit("This server takes no file of this size", "choose fewer turns or smaller pictures"),
    50101: _limit("This server needs more boosts for that", "boost it"),
    20035: _limit("This server needs more boosts for that", "boost it"),
    20015: _limit("Discord asks for a paid subscription for that here", "choose another channel"),
    50097: _limit("Discord asks for monetization on this server for that", "choose another channel"),
    # A filter
    240000: Refusal("Discord's filter of harmful links stopped a message of mine", "an admin can look at it", "filter"),
    20031: Refusal("This server does not allow a word in the thread's name", "an admin can look at it", "filter"),
}
"""Refusals of a place: the game pauses and says what helps."""

MODERATED: Final = frozenset({20009, 200000, 200001})
"""Explicit content, and what the server's AutoMod stopped: the game ends kindly."""

PASSING: Final[Mapping[int, str]] = {
    20016: "This channel is in slow mode",
    20022: "Discord limits edits of announcements",
    20028: "This channel has reached Discord's limit of messages",
    20029: "This server has reached Discord's limit of messages",
    TOO_OLD_TO_EDIT: "Discord limits edits of messages older than an hour",
    40003: "Discord limits how many direct messages are opened",
    40004: "Discord has switched sending off for a while",
    40006: "Discord has switched that off for a while",
    40043: "Discord did not pass the answer on",
    40062: "Discord limits how often that may be asked",
    40333: "Cloudflare holds my requests to Discord back",
    110000: "Discord is not ready for that yet",
    110001: "Discord is not ready for that yet",
    130000: "Discord is overloaded",
}
"""Faults that pass: the request is made again, and the game pauses where it stays so."""

OURS: Final = frozenset(
    {
        *(20001, 20002, 30015),
        *(40033, 50002, 50006, 50016, 50019, SYSTEM_MESSAGE, 50034, MALFORMED, 50041, 50046, 50068, 50080, 50081),
        50085,
        *(50109, 50110, 50123, 50146, 50159, 50160, 50161, 50162, 50600),
        *(160014, 220002, 220003, 220004, 520002, 520003, 520004),
    }
)
"""Malformed requests, which no place and no member can mend: a bug of ours."""

TOO_LATE: Final = frozenset({10015, 10062, 50027})
"""Unknown webhook, unknown interaction, invalid token: an interaction came, or was answered, too late."""

UNANSWERABLE: Final = frozenset({ARCHIVED, LOCKED, 40094})
"""A thread that is closed, or too many answers: nothing can be said here, not even to one member."""


def unknown(code: int) -> Refusal:
    """The refusal of a code that is in no table."""
    return Refusal(f"Discord refused a message of mine here (its code {code})", "try again later", "unknown")
