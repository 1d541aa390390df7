"""Words and limits that several features share. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.ui.text import CONTENT_MAX, LAYOUT_MAX, units

CHOICE_MAX: Final = 100
"""The longest name of a choice that autocompletion offers, in characters."""
BROKEN: Final = "Something broke on our side, and it was written down; please try again in a minute."
NO_DATABASE: Final = (
    "The database does not answer just now; nothing was lost, so please look in a minute whether this was done, and "
    "try again if it was not."
)
SLOW_STORE: Final = (
    "My own store is slow to answer just now, and I try on; if no other answer takes the place of this one in a "
    "minute, please look whether it was done, and send it again if it was not."
)
HELD_UP: Final = "I cannot reach my own store just now and try again; nothing is lost."
YOUR_WORDS: Final = "This is what you wrote:"
OLD_BOARD: Final = "That board is an older one; please open it anew with /telephone leaderboard."
OLD_INSIGHTS: Final = "That answer is an older one; please open it anew with /telephone insights."
NOT_DONE: Final = "I was restarted before I could do this; please send it again."
UNSURE: Final = (
    "I was restarted before I could answer; please look whether it was done, and send it again if it was not."
)
TURN_OPEN: Final = (
    "I was restarted before I could show you this turn, so it is open again; please press the button of its "
    "invitation once more."
)
LATE: Final = "The button you pressed before waited too long, but your game is safe."
ANSWER_MAX: Final = CONTENT_MAX - units(LATE) - 1
"""What an answer to one member may take, in UTF-16 units, so that LATE fits before it."""
ANSWER_LAYOUT_MAX: Final = LAYOUT_MAX - units(LATE)
"""The same of an answer of components."""
NO_THREADS: Final = "I may not open threads here yet; please ask an admin to run /telephone-admin check."
NOT_HERE: Final = "A game needs a text channel or a forum to open its thread in; please start it in one"
NOT_IN_THREAD: Final = "Discord opens no thread inside a thread; please start it in this thread's own channel"
NOT_IN_VOICE: Final = "Discord opens no thread beside a voice or stage channel; please start it in a text channel"
NO_TAG: Final = (
    "A post needs a tag in this forum, and all its tags are for moderators; "
    "please ask an admin for one that anybody may use, or start it in a text channel."
)
NEEDED: Final[Mapping[str, str]] = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""What the bot must be allowed in a text channel where games are played."""
NEEDED_IN_FORUM: Final[Mapping[str, str]] = {
    "view_channel": "View Channel",
    "send_messages": "Create Posts",
    "send_messages_in_threads": "Send Messages in Posts",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""The same of a forum or media channel, as its settings call them."""
