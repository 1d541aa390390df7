"""The errors of games, as one tree.

TelephoneError
├── Refused         the provider's or our own safety rules declined; the reason is kept
│   └── Withheld    our own check stopped it for good: it is not asked for again
├── RateLimited     asked too often; knows when to ask again
├── Unavailable     a passing fault; asking again may help
├── Retired         the model is gone; knows its replacement
├── Misconfigured   our key, balance or setting; the operator must act
├── BadOutput       an answer came that is no picture or no caption
├── TimedOut        no answer within the deadline
├── OverBudget      a spending or counting limit is reached
├── NotAllowed      this member, channel or moment may not
├── BadInput        what was typed cannot be played; says what to type instead
├── NotFound        there is no such game, model or prompt
└── StageGone       the place a game is shown in is gone, closed to us, or refuses a message

The text of each is one sentence for players: what happened and what to do next, no blame, no jargon.
Retries happen around the call to a provider, and only for RateLimited and Unavailable.
"""


class TelephoneError(Exception):
    """An expected failure. `sentence` tells the player what happened and what to do next."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Refused(TelephoneError):
    """The provider's or our safety rules declined. `reason` is the rule's own word for it."""

    def __init__(self, sentence: str, reason: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason


class Withheld(Refused):
    """Our own check stopped a picture, or content that must leave no trace, for good. It is not asked for again."""


class RateLimited(TelephoneError):
    """Asked too often. `retry_after` is in seconds, None where the provider did not say."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Unavailable(TelephoneError):
    """A passing fault of a provider or of the network. `why` is the limit or fault by its name, "" where unknown."""

    def __init__(self, sentence: str, why: str = "") -> None:
        super().__init__(sentence)
        self.why = why


class Retired(TelephoneError):
    """The model is gone. `replacement` names the model to offer, never to take silently."""

    def __init__(self, sentence: str, replacement: str | None = None) -> None:
        super().__init__(sentence)
        self.replacement = replacement


class Misconfigured(TelephoneError):
    """Our key, balance or setting is wrong. `detail` is for the operator, the sentence for the player."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class BadOutput(TelephoneError):
    """A model answered with something that is no picture or no caption."""


class TimedOut(TelephoneError):
    """No answer came within the deadline."""


class OverBudget(TelephoneError):
    """A limit on money or games is reached."""


class NotAllowed(TelephoneError):
    """This member, channel or moment may not do that."""


class BadInput(TelephoneError):
    """The input cannot be played; the sentence says what to type instead."""


class NotFound(TelephoneError):
    """There is no game, model or prompt of that name."""


class StageGone(TelephoneError):
    """The place a game is shown in was deleted, locked or closed to us, or refuses a message; the game pauses.

    `what` is "channel", "thread", "permission", "limit", "filter", "member", "unknown" where we know no reason, or
    "silent" where the place did not answer for long. `gone`: what we wanted to change is deleted, so that nothing of it
    can be seen any more.
    """

    def __init__(self, sentence: str, what: str, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.what, self.gone = what, gone
