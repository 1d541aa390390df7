"""Games as messages. Pure: domain values go in; content, components and files come out.

Each feature has such a module; words that several share are in bot/ui.
"""

from typing import Any, Final

from discord import ui

from bot.ui.money import spent, up_to
from bot.ui.posts import (
    WHAT,
    Attachment,
    Post,
    _gist,
    button,
    by,
    custom_id,
    embedder_name,
    extension,
    gallery,
    jump,
    layout,
    opening_of,
    turn_now,
    uncounted,
)
from bot.ui.text import ALT_MAX, escape, excerpt, quote, shorten
from bot.ui.wording import CHOICE_MAX
from telephone.domain.calibration import told, unread
from telephone.domain.games import Game, GameState, Image, Prompt, Step
from telephone.domain.guesses import Question, questions
from telephone.models.catalog import ModelChoice
from telephone.ports.games import Summary

TOO_LARGE: Final = "The picture was too large for this server, so this is a smaller copy."
LONG_CAPTION: Final = "This caption is long; the whole text is in the file."
ERASED: Final = "Deleted by who made it."
HIDDEN: Final = "Hidden after a report to this server's moderators."
VOIDED: Final = "A moderator voided this game after a report; it is not counted."

COLOURS: Final = {  # Okabe and Ito's, told apart by everybody; the heading says the same in words
    GameState.QUEUED: 0x999999,
    GameState.PLAYING: 0x0072B2,
    GameState.WAITING: 0xCC79A7,
    GameState.PAUSED: 0xE69F00,
    GameState.FINISHED: 0x009E73,
    GameState.STOPPED: 0x999999,
    GameState.FAILED: 0xD55E00,
}
QUESTIONS: Final = {Question.HUMAN: "Which step was human?", Question.LOST: "Where was the subject lost?"}


def thread_name(game: Game) -> str:
    """`#128 dalle2 × blip`; never the prompt, since the channel's list shows the name to everybody."""
    return shorten(f"#{game.number} {game.pair}", 100)


def opening(game: Game) -> Post:
    """The prompt, as the thread's first message."""
    return opening_of(game.request.prompt)


def step(game: Game, played: Step, image: Image | None = None, smaller: bool = False) -> Post:
    """A picture with its alt text, or a caption as a quotation. `smaller` says that the picture was scaled down.

    The player is named, except where spectators guess who it was.
    """
    what = WHAT[played.key.kind]
    whose = "" if game.keeps_human_step else f" by {by(game, played)}"
    content = f"**Turn {played.key.turn} of {game.request.turns}, {what}**{whose}"
    if played.hidden:
        return Post(f"{content}\n{ERASED if played.erased else HIDDEN}")
    if image is not None:
        alt = shorten(f"Drawn from: {game.text_before(played.key)}", ALT_MAX)
        picture = Attachment(f"turn-{played.key.turn:02}.{extension(image)}", image.data, alt)
        return Post(f"{content}\n{TOO_LARGE}" if smaller else content, files=(picture,))
    text, whole = quote(played.text or "")
    if whole:
        return Post(f"{content}\n{text}")
    file = Attachment(f"caption-{played.key.turn:02}.txt", (played.text or "").encode())
    return Post(f"{content}. {LONG_CAPTION}\n{text}", files=(file,))


def summary(game: Game, shown: Summary) -> Post:
    """The summary: first and last picture side by side, the drift chart, the distance, and links and buttons."""
    pictures = first_and_last(game, shown)
    parts: list[ui.Item[Any]] = [ui.TextDisplay(f"### {_gist(game)}")]
    parts += [gallery(pictures)] if pictures else []
    files = pictures
    if shown.chart is not None and shown.drift is not None:
        chart = Attachment("drift.png", shown.chart, shorten(shown.chart_alt, ALT_MAX))
        parts.append(gallery((chart,)))
        files = (*pictures, chart)
    parts.append(ui.TextDisplay(_summary_line(game, shown)))
    parts.append(ui.ActionRow(*_summary_buttons(game)))
    if asked := questions(game):
        parts.append(ui.ActionRow(*(_question(game, question) for question in asked)))
    return Post(view=layout(parts, COLOURS[GameState.FINISHED]), files=files)


def replay(game: Game, file: Attachment) -> Post:
    """The replay of the turns played so far."""
    count = sum(turn.caption is not None for turn in game.turns)
    turns = "1 turn" if count == 1 else f"{count} turns"
    return Post(f"**Replay**, {turns} of {escape(str(game.pair))}", files=(file,))


def _summary_buttons(game: Game) -> list["ui.Button[ui.LayoutView]"]:
    buttons: list[ui.Button[ui.LayoutView]] = []
    first = game.steps[0].message_id if game.steps else None
    if first is not None and game.place.thread_id is not None:
        buttons.append(ui.Button(label="First turn", url=jump(game, game.place.thread_id, first)))
    buttons.append(button("GIF", "replay", game))
    return buttons if game.is_album else [*buttons, button("Play again", "again", game)]


def _question(game: Game, question: Question) -> "ui.Button[ui.LayoutView]":
    return ui.Button(label=QUESTIONS[question], custom_id=question_id(game.id, question))


def question_id(game_id: str, question: Question) -> str:
    """The id of the persistent button of a question."""
    return f"{custom_id('ask', game_id)}:{question}"


def first_and_last(game: Game, shown: Summary) -> tuple[Attachment, ...]:
    drawn = [turn.picture for turn in game.turns if turn.picture is not None]
    both = (("first", "First", shown.first, drawn[:1]), ("last", "Last", shown.last, drawn[-1:]))
    return tuple(
        Attachment(
            f"{name}.{extension(image)}",
            image.data,
            shorten(f"{word} picture. Drawn from: {game.text_before(steps[0].key)}" if steps else word, ALT_MAX),
        )
        for name, word, image, steps in both
        if image is not None
    )


def _summary_line(game: Game, shown: Summary) -> str:
    if game.voided:
        return VOIDED
    if shown.drift is None:
        awaited = f" {_awaited(shown)}".rstrip()
        said = "The distance comes later" if awaited else "The distance could not be measured"
        return f"{said}; the game itself is complete.{awaited}{spent(game)}"
    return " ".join(filter(None, (*_measured(shown), f"{uncounted(game)} {_awaited(shown)}".strip()))) + spent(game)


def _measured(shown: Summary) -> list[str]:
    """The final distance, what it means, the biggest jump, and which turns could not be read."""
    found, said = shown.drift, list[str]()
    if found is None:
        return said
    if found.final_distance is not None:
        how = f"{embedder_name(shown.embedder)}; cosine, prompt to last caption"
        said += [f"Distance {found.final_distance:.2f} ({how}).", told(found.final_distance, shown.bearings)]
    if found.jump is not None:
        said.append(f"Biggest jump: turn {found.jump[0]}, {found.jump[1]:+.2f}.")
    return [*said, unread(found, embedder_name(shown.embedder))]


def _awaited(shown: Summary) -> str:
    return f"{embedder_name(shown.awaited)} is still measuring; its distance will stand here." if shown.awaited else ""


STATES: Final = {
    GameState.QUEUED: "queued",
    GameState.PLAYING: "playing",
    GameState.WAITING: "waiting for a member",
    GameState.PAUSED: "paused",
    GameState.FINISHED: "finished",
    GameState.STOPPED: "stopped",
    GameState.FAILED: "ended early",
}


def started(game: Game, place: int) -> str:
    """The answer to a start: where the game is played, or why it is not."""
    thread = f" in <#{game.place.thread_id}>" if game.place.thread_id else ""
    cost = f" It can cost {up_to(game.costs.reserved)}." if game.costs.reserved else ""
    match game.state:
        case GameState.QUEUED if place == 1:  # also for the moment between the thread and the first picture
            return f"Game #{game.number} plays next{thread}; it starts by itself.{cost}"
        case GameState.QUEUED if place:
            return f"Game #{game.number} is queued at place {place}{thread}; it starts by itself.{cost}"
        case GameState.PAUSED | GameState.FAILED | GameState.STOPPED:
            return f"Game #{game.number}: {excerpt(game.reason or STATES[game.state], 500)}"
        case _:
            return f"Game #{game.number} {f'is playing{thread}' if thread else 'starts in a moment'}.{cost}"


def continued(game: Game) -> str:
    return f"Game #{game.number} goes on from turn {turn_now(game)}."


def stop_question(game: Game) -> str:
    return f"Stop game #{game.number} at turn {turn_now(game)}? What was played stays, but it will not count."


def stopped(game: Game) -> str:
    return f"Game #{game.number} is stopped; what was played stays in its thread."


def kept(game: Game) -> str:
    return f"Game #{game.number} plays on."


def replayed(game: Game, link: str | None) -> str:
    """Says where the replay is: in the thread, or in this answer where the thread is gone."""
    return f"The replay of game #{game.number} is here: {link}" if link else f"The replay of game #{game.number}:"


def not_host(game: Game) -> str:
    return f"Only who started game #{game.number}, or a member who may manage the server, can stop it."


def model_row(choice: ModelChoice) -> str:
    """A model as autocomplete shows it: its name, and what it needs where it cannot play."""
    return shorten(choice.name if choice.ready else f"{choice.name} – {choice.why_not}", CHOICE_MAX)


def prompt_row(prompt: Prompt) -> str:
    return shorten(f"{prompt.slug} {prompt.text}" if prompt.slug else prompt.text, CHOICE_MAX)


def game_row(game: Game) -> str:
    """A game as autocomplete shows it. The prompt helps to tell games apart; labels know no markdown."""
    text = f"#{game.number} {game.pair}, {STATES[game.state]}: {game.request.prompt.text}"
    return shorten(text, CHOICE_MAX)


def waiting_row(game: Game) -> str:
    """A game that waits for a member as autocomplete shows it: of a sealed one nothing but what its card says."""
    at = "a member's turn" if game.keeps_human_step else f"turn {turn_now(game)} of {game.request.turns}"
    return shorten(f"#{game.number} {game.pair}, {at}", CHOICE_MAX)
