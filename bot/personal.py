"""What a member reads about themselves: what is kept of them, and what they have chosen. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.posted import UPLOAD_MAX
from bot.render import Attachment
from telephone.privacy import Parcel
from telephone.store import Wishes

NOTHING: Final = "Nothing is kept of you on any server, so there is no file to give."
TOO_LARGE: Final = (
    "Your file is too large for Discord; please ask whoever runs this bot for it, who can write it with "
    "`telephone me export`."
)
_NOUNS: Final[Mapping[str, tuple[str, str]]] = {
    "games": ("game you started", "games you started"),
    "answers": ("turn you took in games", "turns you took in games"),
    "battles": ("battle you started", "battles you started"),
    "votes": ("vote", "votes"),
    "prompts": ("prompt you proposed", "prompts you proposed"),
    "reports": ("report of a turn", "reports of turns"),
}
"""The sections that a sentence names; the file has all of them."""


def exported(parcel: Parcel) -> str:
    """What is in a member's file."""
    if not any(parcel.rows.values()):
        return NOTHING
    if len(parcel.data) > UPLOAD_MAX:
        return TOO_LARGE
    named = [_counted(parcel.rows[section], *nouns) for section, nouns in _NOUNS.items() if parcel.rows.get(section)]
    what = ", ".join(named) or "no game, vote or prompt, but what was booked or decided in your name"
    return f"All that is kept of you, on every server this bot plays on: {what}. What each part means is in PRIVACY.md."


def file(parcel: Parcel) -> Attachment | None:
    """The file itself, None where there is nothing in it or Discord would not take it."""
    fits = any(parcel.rows.values()) and len(parcel.data) <= UPLOAD_MAX
    return Attachment(parcel.name, parcel.data) if fits else None


def named(wishes: Wishes) -> str:
    if wishes.by_name:
        return (
            "From now on, what you draw and write in games on this server is shown with your name. "
            "`/telephone me name on:False` takes that back."
        )
    return "From now on you are called *a member* in games on this server; what was posted before stays as it is."


def reminded(wishes: Wishes) -> str:
    if wishes.reminders:
        return (
            "When you have taken a turn on this server and its time runs out, I remind you in a direct message. "
            "`/telephone me reminders on:False` ends that."
        )
    return "I send you no direct messages about games on this server."


def _counted(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many}"
