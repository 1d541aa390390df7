"""Playing: start, stop, status, replay."""

from typing import Final

from discord import app_commands
from discord.app_commands import Choice, Range

from bot.admin import messages as admin_messages
from bot.client import TelephoneBot
from bot.games.buttons import GameButton, ask_to_stop, show_replay, told_start
from bot.games.messages import game_row, model_row, prompt_row
from bot.games.start import begin
from bot.guesses.buttons import GuessSelect, QuestionButton
from bot.interactions.checks import age_restricted, game_meant, require_game_channel, server_of
from bot.interactions.commands import join, leave, matching
from bot.interactions.errors import offered
from bot.interactions.replies import Press, acknowledge, say
from telephone.domain.games import PROMPT_MIN, TURNS_MAX, Level
from telephone.domain.interactions import key_of
from telephone.games.admission import SEED_MAX, StartRequest
from telephone.providers.base import ModelKind

PROMPT_LONGEST: Final = 1_000


@offered
async def suggest_prompt(press: Press, typed: str) -> list[Choice[str]]:
    """Prompts of this server and curated ones; anything else may be typed."""
    prompts = await press.client.app.prompts.offered(server_of(press))
    rows = [Choice(name=prompt_row(prompt), value=prompt.slug) for prompt in prompts if prompt.slug]
    return matching(rows, typed)


@offered
async def suggest_artist(press: Press, typed: str) -> list[Choice[str]]:
    return _models(press, "t2i", typed)


@offered
async def suggest_spotter(press: Press, typed: str) -> list[Choice[str]]:
    return _models(press, "i2t", typed)


@offered
async def suggest_unfinished(press: Press, typed: int | str) -> list[Choice[int]]:
    return await _games(press, typed, unfinished_only=True)


@offered
async def suggest_game(press: Press, typed: int | str) -> list[Choice[int]]:
    return await _games(press, typed, unfinished_only=False)


@app_commands.describe(
    prompt="What the game begins with: your own words, or one of the list; left out, one is picked",
    level="How hard the picked prompt is to keep; only without a prompt",
    t2i="Who draws; left out, one that can play now",
    i2t="Who says what it sees; left out, one that can play now",
    turns="How many pictures and captions",
    sealed="Show nothing before the end; each of the members' turns is another member's",
    human_step="One step that a member takes, such as 3c: the caption of turn 3",
    seed="A number that makes the game repeatable with models that honour it",
)
@app_commands.autocomplete(prompt=suggest_prompt, t2i=suggest_artist, i2t=suggest_spotter)
async def start(
    press: Press,
    prompt: Range[str, PROMPT_MIN, PROMPT_LONGEST] | None = None,
    *,
    level: Level | None = None,
    t2i: str | None = None,
    i2t: str | None = None,
    turns: Range[int, 1, TURNS_MAX] | None = None,
    sealed: bool = False,
    human_step: Range[str, 2, 3] | None = None,
    seed: Range[int, 0, SEED_MAX] | None = None,
) -> None:
    """Start a game: a picture of your words, words for the picture, and so on"""
    await acknowledge(press)
    asked = StartRequest(
        prompt=prompt,
        level=level,
        t2i=t2i,
        i2t=i2t,
        turns=turns,
        seed=seed,
        guild_id=server_of(press),
        channel_id=require_game_channel(press),
        starter_id=press.user.id,
        age_restricted=age_restricted(press),
        longest_prompt=PROMPT_LONGEST,
        sealed=sealed,
        human_step=human_step,
        key=key_of(press.id),
    )
    await begin(press, asked)


@app_commands.describe(game="Which game; left out, the one of this thread or the newest")
@app_commands.autocomplete(game=suggest_unfinished)
async def stop(press: Press, game: Range[int, 1] | None = None) -> None:
    """Stop a game you started; asks first"""
    await acknowledge(press)
    await ask_to_stop(press, await game_meant(press, game, unfinished_only=True))


async def status(press: Press) -> None:
    """Which games, battles and parties are played here, and who waits"""
    await acknowledge(press)
    app, guild_id = press.client.app, server_of(press)
    battles, parties = await app.battles.unfinished(guild_id), await app.parties.unfinished(guild_id)
    await say(press, admin_messages.status(await app.games.status(guild_id), battles, parties))


@app_commands.describe(game="Which game; left out, the one of this thread or the newest")
@app_commands.autocomplete(game=suggest_game)
async def replay(press: Press, game: Range[int, 1] | None = None) -> None:
    """Show a game as one moving picture, in its thread"""
    await acknowledge(press)
    await show_replay(press, await game_meant(press, game))


COMMANDS: Final = (start, stop, status, replay)
ITEMS: Final = (GameButton, QuestionButton, GuessSelect)


async def setup(bot: TelephoneBot) -> None:
    join(bot.telephone, *COMMANDS)
    bot.add_dynamic_items(*ITEMS)
    bot.starts.append(told_start)


async def teardown(bot: TelephoneBot) -> None:
    leave(bot.telephone, *COMMANDS)
    bot.remove_dynamic_items(*ITEMS)
    bot.starts.remove(told_start)


def _models(press: Press, kind: ModelKind, typed: str) -> list[Choice[str]]:
    choices = press.client.app.models.choices(kind)
    return matching([Choice(name=model_row(choice), value=choice.name) for choice in choices], typed)


async def _games(press: Press, typed: int | str, *, unfinished_only: bool) -> list[Choice[int]]:
    games = await press.client.app.games.recent(server_of(press), unfinished_only=unfinished_only)
    return matching([Choice(name=game_row(game), value=game.number) for game in games], str(typed or ""))
