"""The card of a game in its channel: the state of the game, the next turn, and the buttons that fit. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import discord
from discord import ui

from bot.games.messages import COLOURS, first_and_last
from bot.ui.money import doubt, money, most, so_far, spent
from bot.ui.posts import (
    WHAT,
    Attachment,
    Post,
    button,
    duration,
    embedder_name,
    gallery,
    jump,
    layout,
    otherwise,
    turn_now,
    uncounted,
)
from bot.ui.text import escape, excerpt, quote
from telephone.domain.games import HUMAN, Game, GameState, Kind
from telephone.domain.human_turns import Seat, SeatState
from telephone.ports.games import Delay, Progress, Summary

_CARD_QUOTE: Final = 900


def card(game: Game, progress: Progress, summary: Summary | None = None) -> Post:
    """The card in the channel: the state of the game, the next turn, and the buttons that fit."""
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### {_card_title(game, progress)}")]
    if not game.is_sealed:
        parts.append(ui.TextDisplay(quote(game.request.prompt.text, _CARD_QUOTE)[0]))
    files: tuple[Attachment, ...] = ()
    if game.state is GameState.FINISHED and summary is not None:
        files = first_and_last(game, summary)
        parts += [gallery(files)] if files else []
    parts.append(ui.TextDisplay(_card_line(game, progress, summary)))
    buttons = _card_buttons(game)
    if buttons:
        parts.append(ui.ActionRow(*buttons))
    return Post(view=layout(parts, COLOURS[game.state]), files=files)


def _card_title(game: Game, progress: Progress) -> str:
    titles = {
        GameState.QUEUED: f"queued, place {progress.place}" if progress.place else "queued",
        GameState.PLAYING: f"turn {turn_now(game)} of {game.request.turns}",
        GameState.WAITING: "waiting for a member",
        GameState.PAUSED: f"paused at turn {turn_now(game)}",
        GameState.FINISHED: "finished",
        GameState.STOPPED: f"stopped at turn {turn_now(game)}",
        GameState.FAILED: f"ended at turn {turn_now(game)}",
    }
    is_played = _begins(game, progress) or (game.state is GameState.PLAYING and game.keeps_human_step)
    return f"#{game.number} {'is played' if is_played else titles[game.state]}"


def _begins(game: Game, progress: Progress) -> bool:
    """Whether a game begins just now: its card says what stays true until the next edit, some turns later."""
    at_once = game.state is GameState.QUEUED and progress.begins
    return at_once or (game.state is GameState.PLAYING and not game.steps)


def _card_line(game: Game, progress: Progress, shown: Summary | None) -> str:
    match game.state:
        case GameState.PLAYING if progress.delay is not None and game.next_key is not None:
            why = _DELAYED[progress.delay].format(escape(game.player(game.next_key)))
            return f"{why}; the game goes on by itself.{_sealed(game)}{so_far(game)}"
        case GameState.QUEUED | GameState.PLAYING if _begins(game, progress):
            return f"{_pair(game)}.{_slow(progress)}{_sealed(game)}"
        case GameState.QUEUED:
            starts = "" if progress.left_s is None else f" Starts in {duration(progress.left_s)}."
            return f"{_pair(game)}.{starts}{_sealed(game)}"
        case GameState.PLAYING:
            left = "" if progress.left_s is None else f" {duration(progress.left_s).capitalize()} left."
            return f"{_doing(game)}{left}{_slow(progress)}{_sealed(game)}{so_far(game)}"
        case GameState.WAITING:
            return f"{_awaiting(game, progress.seat)}{_sealed(game)}{so_far(game)}"
        case GameState.PAUSED:
            return f"{_reason(game) or 'Press Continue to play on.'}{so_far(game)}"
        case GameState.FINISHED:
            distance = _distance(shown)
            dot = "." if distance and not (game.is_free and not uncounted(game)) else ""
            return f"{escape(str(game.pair))}. {distance}{dot}{uncounted(game)}".strip() + spent(game)
        case _:
            cost = "" if game.is_free else f"; {money(game.cost_usd)} spent"
            return f"{_reason(game)} Not counted{cost}.".strip() + doubt(game)


def _pair(game: Game) -> str:
    turns = "1 turn" if game.request.turns == 1 else f"{game.request.turns} turns"
    return f"{escape(str(game.pair))}, {turns}{most(game)}"


def _doing(game: Game) -> str:
    key = game.next_key
    if key is None:
        return "All turns are played; " + ("here they come." if game.is_sealed else "measuring how far it drifted.")
    verb = "drawing" if key.kind is Kind.PICTURE else "looking at the picture"
    player = game.player(key)
    if player == HUMAN:
        return f"A member is invited to take {'a turn' if game.keeps_human_step else f'turn {key.turn}'}."
    return f"{escape(player)} is {verb}."


_DELAYED: Final[Mapping[Delay, str]] = {
    Delay.WAKING: "{} is waking up, which may take some minutes",
    Delay.UNSENT: "I cannot reach {} just now and try again",
    Delay.UNCHECKED: "I cannot reach the safety check just now and try again",
    Delay.OUTAGE: "I cannot reach my own store just now and try again",
}


def _awaiting(game: Game, seat: Seat | None) -> str:
    """Which turn waits for a member, whether one has taken it, and which model stands in otherwise."""
    if seat is None:
        return "A member is invited to take a turn."
    what = f"{'One' if game.keeps_human_step else f'Turn {seat.key.turn},'} {WHAT[seat.key.kind]}."
    if seat.state is SeatState.CLAIMED:
        return f"{what} A member is at it."
    return f"{what} {otherwise(seat)}"


def _slow(progress: Progress) -> str:
    calls = progress.per_minute
    if calls is None:
        return ""
    return f" Slow: a model's provider takes {calls} calls a minute until the operator adds credit there."


def _sealed(game: Game) -> str:
    return " Sealed until the end." if game.is_sealed else ""


def _reason(game: Game) -> str:
    return excerpt(game.reason, 500) if game.reason else ""


def _distance(shown: Summary | None) -> str:
    if shown is None or shown.drift is None:
        return ""
    name, far = embedder_name(shown.embedder), shown.drift.final_distance
    if far is None:
        return f"No distance: {name} cannot read these words"
    return f"Distance {far:.2f} ({name}{', which cannot read every turn' if shown.drift.unread else ''})"


def _card_buttons(game: Game) -> list["ui.Button[ui.LayoutView]"]:
    buttons: list[ui.Button[ui.LayoutView]] = []
    if game.place.thread_id is not None and game.state is not GameState.PAUSED:
        buttons.append(ui.Button(label="Open thread", url=jump(game, game.place.thread_id)))
    if game.state is GameState.PAUSED:
        buttons.append(button("Continue", "continue", game, discord.ButtonStyle.primary))
    if game.state.is_final:
        buttons.append(button("Play again", "again", game))
    else:
        buttons.append(button("Stop", "stop", game))
    return buttons
