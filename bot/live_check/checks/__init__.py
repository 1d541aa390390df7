"""The checks, by name. Each asks Discord for one thing that our code relies on, and writes down what it answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.live_check.checks import files, history, later, messages, nonces, people, servers, threads
from bot.live_check.session import LiveCheck


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `number` is its place in the list of what nobody could tell without a real server."""

    number: int
    about: str
    run: Callable[[LiveCheck], Awaitable[None]]


CHECKS: Final = {
    "permissions": Check(0, "what the bot may do in the channel", servers.permissions),
    "starter": Check(1, "a thread's first message, and our sweep", threads.starter),
    "nonces": Check(2, "a nonce again: later, elsewhere, twice at once, after deletion", nonces.nonces),
    "files": Check(3, "Components V2 with and without files, kept, dropped and brought anew", files.files),
    "threads": Check(4, "archived and locked threads", threads.closed),
    "old-card": Check(5, "edits of a card older than an hour", later.old_card),
    "tokens": Check(6, "an interaction's token at 14:30 and 15:30", people.tokens),
    "texts": Check(7, "texts with odd characters, read back", messages.texts),
    "age": Check(8, "an age-restricted channel and its thread, before and after a restart", servers.age_restricted),
    "paging": Check(9, "120 messages, paged", history.paging),
    "sizes": Check(10, "a file of 10 MiB, and one byte more", files.sizes),
    "uploads": Check(11, "an upload's keys, and its address after 25 hours", people.uploads),
    "history": Check(12, "Read Message History taken away", people.history),
    "left": Check(13, "a server that removed the bot while it was offline", servers.left),
    "roles": Check(14, "a role that is mentioned in Components V2", messages.roles),
    "messages": Check(15, "posts, replies, edits, alt texts, a thread opened twice", messages.messages),
}
