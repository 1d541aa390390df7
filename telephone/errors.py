"""The errors of games, as one tree.

TelephoneError
├── Refused         the provider's or our own safety rules declined; the reason is kept
│   └── Withheld    our own check stopped it for good: it is not asked for again
├── RateLimited     asked too often; knows when to ask again
├── Unavailable     a passing fault; asking again may help
│   ├── Waking      the model is being started; its deadline has not begun
│   ├── Unsent      no line to the service: the call has not been made
│   └── Outage      our own storage is down; it passes, and ends no game
│       └── Barred  it does not let us in, or is not where the settings say: the operator must act
├── Retired         the model is gone; knows its replacement
├── Misconfigured   our key, balance or setting; the operator must act
│   └── Unreachable what the settings name does not answer; it may do so later without a change of ours
│       └── Occupied    it answers, and says that it is in use or asked too often; a later start may be let in
├── BadOutput       an answer came that is no picture or no caption; what came is kept for the log
│   └── NothingSaid a language model said nothing, with more space neither: it is not asked again
├── TimedOut        no answer within the deadline
├── OverBudget      a spending or counting limit is reached
│   └── Overdrawn   what is reserved for a game does not cover one more call; the game pauses
├── CutOff          what a step needs was not reached for long; the game pauses and keeps what it has begun
├── NotAllowed      this member, channel or moment may not
├── BadInput        what was typed cannot be played; says what to type instead
├── NotFound        there is no such game, model or prompt
└── StageGone       the place a game is shown in is gone, closed to us, or refuses a message

The text of each is one sentence for players: what happened and what to do next, no blame, no jargon.
Retries happen around the call to a provider, and only for RateLimited and Unavailable.
"""


class TelephoneError(Exception):
    """An expected failure. `sentence` tells the player what happened and what to do next.

    `cost_usd` is what the failed call cost, in US dollars, None where nobody said.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cost_usd: float | None = None


class Refused(TelephoneError):
    """The provider's or our safety rules declined. `reason` is the rule's own word for it."""

    def __init__(self, sentence: str, reason: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason


class Withheld(Refused):
    """Our own check stopped a picture, or content that must leave no trace, for good. It is not asked for again."""


class RateLimited(TelephoneError):
    """Asked too often. `retry_after` is in seconds, None where the provider did not say.

    `per_minute` is the limit of calls a minute that it named, if any; `short_of_credit` says that the limit is so low
    for want of credit.
    """

    def __init__(
        self,
        sentence: str,
        retry_after: float | None = None,
        per_minute: int | None = None,
        *,
        short_of_credit: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.per_minute = per_minute
        self.short_of_credit = short_of_credit


class Unavailable(TelephoneError):
    """A passing fault of a provider or of the network. `why` is the limit or fault by its name, "" where unknown."""

    def __init__(self, sentence: str, why: str = "") -> None:
        super().__init__(sentence)
        self.why = why


class Waking(Unavailable):
    """A model is being started, which may take minutes. The deadline of a call counts from when the model runs."""


class Unsent(Unavailable):
    """There was no line to a service, so the call was not made. A game waits for a line, and pauses in the end."""


class Outage(Unavailable):
    """Our own storage is down. It passes, and ends no game."""


class Barred(Outage):
    """Our own storage does not let us in, or is not where the settings say. Until the operator acts, a game pauses."""


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


class Unreachable(Misconfigured):
    """Discord, a database or another service that the settings name does not answer now; it may do so later."""


class Occupied(Unreachable):
    """What the settings name is in use by another process, or is asked too often; a later start may be let in."""


class BadOutput(TelephoneError):
    """An answer came that is no picture or no caption. `detail`, for the log, is what the provider said instead."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class NothingSaid(BadOutput):
    """A language model answered twice without a word for its user. It is not asked a third time."""


class TimedOut(TelephoneError):
    """No answer came within the deadline."""


class OverBudget(TelephoneError):
    """A limit on money or games is reached."""


class Overdrawn(OverBudget):
    """What is reserved for a game does not cover one more call, since earlier ones may have been billed for nothing."""


class CutOff(TelephoneError):
    """What a step needs was not reached for long. The game pauses; what it has begun is kept and nothing paid for."""


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
