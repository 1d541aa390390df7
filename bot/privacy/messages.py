"""What a member reads about their own data and choices. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from discord import ui

from bot.delivery.editor import UPLOAD_MAX
from bot.interactions.buttons import confirm
from bot.ui.posts import Attachment
from telephone.domain.deletions import Footprint
from telephone.privacy.service import MemberFile
from telephone.store import Wishes

KEPT: Final = "Nothing was deleted."
DELETED: Final = "Done. Nothing is kept of you any more."
DELETING: Final = (
    "It has begun and will be carried out, even if I am restarted in between. Messages are taken back one by one, "
    "which takes a while where there are many; `/telephone me export` is empty when it is done."
)
NOTHING: Final = "Nothing is kept of you on any server, so there is no file to give."
TOO_LARGE: Final = (
    "Your file is too large for Discord; please ask whoever runs this bot for it, who can write it with "
    "`telephone me export`."
)
DELETIONS: Final = "deletions"
"""The section of a member's file with a deletion that is under way."""
PLACES_MAX: Final = 5
"""How many places one answer names."""
_NOUNS: Final[Mapping[str, tuple[str, str]]] = {
    "games": ("game you started", "games you started"),
    "answers": ("turn you took in games", "turns you took in games"),
    "battles": ("battle you started", "battles you started"),
    "votes": ("vote", "votes"),
    "prompts": ("prompt you proposed", "prompts you proposed"),
    "reports": ("report of a turn", "reports of turns"),
}
"""The sections that a sentence names; the file has all of them."""


def exported(export: MemberFile) -> str:
    """Says what is in a member's file."""
    if export.out_of_reach and not any(count for section, count in export.rows.items() if section != DELETIONS):
        return out_of_reach(export.out_of_reach)
    if not any(export.rows.values()):
        return NOTHING
    if len(export.data) > UPLOAD_MAX:
        return TOO_LARGE
    named = [_counted(export.rows[section], *nouns) for section, nouns in _NOUNS.items() if export.rows.get(section)]
    what = ", ".join(named) or "no game, vote or prompt, but what was booked or decided in your name"
    stands = f" {_still_stands(export.out_of_reach)}" if export.out_of_reach else ""
    return (
        f"All that is kept of you, on every server this bot plays on: {what}. What each part means stands in the "
        f"privacy policy, which the bot's profile links; `/telephone me delete` deletes it.{stands}"
    )


def out_of_reach(places: Sequence[int]) -> str:
    """Says where something of a member still stands, and who can help."""
    return (
        f"What I store of you is deleted, but not everything is gone. {_still_stands(places)} I keep trying until "
        "nothing of it stands, also after a restart; `/telephone me delete` tells how far I am."
    )


def _still_stands(places: Sequence[int]) -> str:
    named = [f"<#{place}>" for place in places if place]
    more = f" and {len(named) - PLACES_MAX} more" if len(named) > PLACES_MAX else ""
    where = f"in {', '.join(named[:PLACES_MAX])}{more}" if named else "in a place that does not answer"
    return (
        f"Something that you had deleted still stands {where}, out of my reach: the thread is locked, I lack a "
        "permission there, or Discord does not answer. Please ask a moderator to unlock the thread, to delete those "
        "messages, or to give me **Manage Threads**."
    )


def file(export: MemberFile) -> Attachment | None:
    """The file itself, None where it is empty or too large for Discord."""
    fits = any(export.rows.values()) and len(export.data) <= UPLOAD_MAX
    return Attachment(export.name, export.data) if fits else None


def question(found: Footprint) -> str:
    """The question before anything is deleted: what is deleted and what stays."""
    whole = ("game that began with words of yours", "games that began with words of yours")
    goes = [
        f"{_counted(found.whole, *whole)}: whole, with messages, pictures and replays",
        f"the words of {_counted(found.shared, 'game', 'games')} in which others took turns",
        _counted(found.turns, "turn you took in games", "turns you took in games"),
        _counted(found.votes, "vote", "votes"),
        _counted(found.prompts, "prompt you proposed", "prompts you proposed"),
    ]
    counts = (found.whole, found.shared, found.turns, found.votes, found.prompts)
    rest = found.games - found.whole - found.shared
    listed = _counted(rest, "game you started from a listed prompt", "games you started from listed prompts")
    stays = [listed] if rest else []
    stop = f"{_counted(found.going, 'game', 'games')} of yours under way will be stopped first. " if found.going else ""
    return "\n".join(
        [
            "**Delete what is kept of you, on every server this bot plays on?** It cannot be undone.",
            "",
            "**It goes:**",
            *(f"- {line}" for line, count in zip(goes, counts, strict=True) if count),
            "- what you chose for yourself, and what admins decided about you",
            "",
            "**It stays, as nobody's:**",
            *(f"- {line}" for line in stays),
            "- distances and costs, and reports of turns, so that these stay hidden",
            "- words of yours that somebody else began a game with, in their game",
            "",
            f"{stop}`/telephone me export` gives you a copy before.",
        ]
    )


def confirmation() -> ui.View:
    """The two buttons under the question; they concern the data of the member who presses."""
    return confirm(("Delete all of it", "at1:me:delete"), ("Keep it", "at1:me:keep"))


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
