"""Taking away what a run has posted, as far as the bot's permissions go."""

from bot.live_check.rest import Rest
from bot.live_check.session import LiveCheck
from telephone.domain.live_answers import Reply

GONE = (10003, 10008)
"""Codes of a channel and a message that are not there."""
OURS = (0, 19)
"""Types of messages that a bot posts: plain ones and replies."""


async def take_away(live: LiveCheck) -> None:
    """Deletes threads and messages of this run and of interrupted ones.

    A thread goes with Manage Threads alone, which the bot does not ask for: without it the thread is emptied and
    closed. What could not be deleted stays in the state, for the next run.
    """
    live.part = "end"
    for pair in list(live.state.threads):
        await _thread(live, *pair)
    for channel, message in list(live.state.messages):
        reply = await live.rest.ask("DELETE", f"/channels/{channel}/messages/{message}")
        if _is_gone(reply):
            live.state.messages.remove((channel, message))
        else:
            live.note("delete a message of ours", reply)
    live.state.save()


async def _thread(live: LiveCheck, channel: int, thread: int) -> None:
    reply = await live.rest.ask("DELETE", f"/channels/{thread}")
    left = 0
    if not _is_gone(reply):
        left = await _empty(live.rest, live.me, thread)
        closed = await live.rest.ask("PATCH", f"/channels/{thread}", {"archived": True})
        live.note("delete a thread of ours", reply, messages_left=left, closed=closed.ok)
    if not left:
        live.state.messages = [pair for pair in live.state.messages if pair[0] != thread]
        live.state.threads.remove((channel, thread))
        live.state.save()


async def _empty(rest: Rest, me: int, thread: int) -> int:
    """Deletes our messages of a thread, except what Discord wrote itself; returns how many could not be deleted."""
    await rest.ask("PATCH", f"/channels/{thread}", {"archived": False})
    left, listed = 0, await rest.ask("GET", f"/channels/{thread}/messages?limit=100")
    while listed.items:
        for message in listed.items:
            if str(message["author"]["id"]) == str(me) and message["type"] in OURS:
                left += not _is_gone(await rest.ask("DELETE", f"/channels/{thread}/messages/{message['id']}"))
        before = listed.items[-1]["id"]
        listed = await rest.ask("GET", f"/channels/{thread}/messages?limit=100&before={before}")
    return left


def _is_gone(reply: Reply) -> bool:
    return reply.ok or (reply.status == 404 and reply.code in GONE)
