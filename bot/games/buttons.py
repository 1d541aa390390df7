"""The persistent buttons on cards and summaries; an id names the verb and the game."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from bot.games.messages import continued, kept, not_host, replayed, started, stop_question, stopped
from bot.interactions.buttons import PersistentButton, confirm
from bot.interactions.checks import age_restricted, is_host, require_permissions, server_of
from bot.interactions.replies import Press, acknowledge, acknowledge_in_place, say
from bot.ui.posts import Attachment, custom_id, jump
from telephone.app import App
from telephone.domain.games import Game
from telephone.domain.interactions import key_of
from telephone.errors import BadInput, NotAllowed

Verb = Callable[[Press, str], Awaitable[None]]


async def ask_first(press: Press, game_id: str) -> None:
    await acknowledge(press)
    await ask_to_stop(press, await _game(press, game_id))


async def ask_to_stop(press: Press, game: Game) -> None:
    """Asks before a game is stopped, since its paid turns would not count."""
    if not is_host(press) and press.user.id != game.request.starter_id:
        raise NotAllowed(not_host(game))
    if game.state.is_final:
        raise BadInput(f"Game #{game.number} has ended already; there is nothing to stop.")
    yes, no = custom_id("stop-yes", game.id), custom_id("stop-no", game.id)
    await say(press, stop_question(game), view=confirm(("Stop the game", yes), ("Play on", no)))


async def stop(press: Press, game_id: str) -> None:
    await acknowledge_in_place(press)
    game = await press.client.app.games.stop(game_id, by=press.user.id, is_host=is_host(press), server=server_of(press))
    await say(press, stopped(game))


async def keep(press: Press, game_id: str) -> None:
    await acknowledge_in_place(press)
    await say(press, kept(await _game(press, game_id)))


async def play_again(press: Press, game_id: str) -> None:
    """Starts a game with the same prompt and pair in the channel of the first card, also from the thread."""
    await acknowledge(press)
    require_permissions(press)
    server, channel_id = server_of(press), (await _game(press, game_id)).request.channel_id
    game = await press.client.app.games.again(
        game_id,
        by=press.user.id,
        channel_id=channel_id,
        age_restricted=age_restricted(press),
        server=server,
        key=key_of(press.id),
    )
    await show_start(press, game)


async def play_on(press: Press, game_id: str) -> None:
    await acknowledge(press)
    game = await press.client.app.games.resume(
        game_id, by=press.user.id, is_host=is_host(press), server=server_of(press)
    )
    await say(press, continued(game))


async def replay(press: Press, game_id: str) -> None:
    await acknowledge(press)
    await show_replay(press, await _game(press, game_id))


async def show_start(press: Press, game: Game) -> None:
    """Says where a game that was just started is played, or its place in the queue."""
    await say(press, await told_start(press.client.app, game.id))


async def told_start(app: App, game_id: str) -> str:
    """Where a game that was just started is played, or its place in the queue. Raises NotFound."""
    game = await app.games.opened(game_id)
    return started(game, await app.games.place_in_queue(game.id))


async def show_replay(press: Press, game: Game) -> None:
    """Posts the replay in the game's thread, once, and links it; answers with it where there is no thread."""
    made = await press.client.app.games.replay(game.id, server=server_of(press))
    message_id = await press.client.surfaces.games.post_replay(game, made)
    if message_id is None or game.place.thread_id is None:
        await say(press, replayed(game, None), file=Attachment(made.name, made.data, made.alt))
    else:
        await say(press, replayed(game, jump(game, game.place.thread_id, message_id)))


VERBS: Final[dict[str, Verb]] = {
    "stop": ask_first,
    "stop-yes": stop,
    "stop-no": keep,
    "again": play_again,
    "continue": play_on,
    "replay": replay,
}


async def _game(press: Press, game_id: str) -> Game:
    """The game of this id. Raises NotHere where it is another server's."""
    return await press.client.app.games.get(game_id, server=server_of(press))


class GameButton(PersistentButton, template=rf"at1:(?P<verb>{'|'.join(VERBS)}):(?P<game>[\w-]{{1,64}})"):
    """Any button of a game: the verb in its id says what it does."""

    async def act(self, press: Press, said: re.Match[str]) -> None:
        await VERBS[said["verb"]](press, said["game"])
