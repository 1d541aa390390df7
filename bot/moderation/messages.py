"""Answers about reported turns and adult content, as text. Pure."""

from collections.abc import Sequence
from typing import Final

from bot.ui.posts import jump, span
from bot.ui.text import escape, quote, shorten
from telephone.domain.battles import Battle
from telephone.domain.games import Game, Kind, Step, StepKey
from telephone.domain.servers import ServerSettings
from telephone.moderation import REASONS, Reported

REPORT_ASKS: Final = "What is wrong with it?"
ROUND_ASKS: Final = "Which of them should not be seen?"
REPORT_MEANS: Final = "It is hidden at once, and a moderator decides."
REPORTED: Final = "Thank you. This turn is hidden in a moment; a moderator decides whether it is shown again."
_HELP: Final = "unlock its thread, give me Manage Threads, or delete the message"
NOT_HIDDEN_YET: Final = (
    "Thank you; a moderator decides about this turn. I could not hide it so far: its thread is locked, I may not edit "
    f"there, or Discord does not answer. Please ask a moderator to {_HELP}. I keep trying."
)
NOT_SHOWN_YET: Final = (
    f"The reports are closed, but I cannot edit the message to show the turn again. To let me, {_HELP}. I keep trying."
)
REPORTS_MAX: Final = 5
"""How many reported turns one answer lists: a message has five rows of buttons."""
TITLE_MAX: Final = 45


def nsfw(settings: ServerSettings) -> str:
    return ServerSettings.nsfw.say(settings.nsfw, span)


def report_title(game: Game, key: StepKey) -> str:
    return shorten(f"Report {step_name(game, key)}", TITLE_MAX)


def reports(waiting: Sequence[Reported]) -> str:
    """The reported turns with their reasons; the buttons beside them decide."""
    if not waiting:
        return "No turn waits for a decision here."
    lines = ["**Reported turns**, hidden until you decide:", *(_reported(one) for one in waiting[:REPORTS_MAX])]
    if len(waiting) > REPORTS_MAX:
        lines.append(f"- and {len(waiting) - REPORTS_MAX} more; decide about these first, then run this again")
    return "\n".join(lines)


def reported_words(game: Game, step: Step, battle: Battle | None = None) -> str:
    """The text of a reported step, for a moderator; its player stays hidden while its battle is open."""
    words = f"\n{quote(step.text)[0]}" if step.text else ""
    player = f" by {escape(step.player)}" if battle is None else ""
    return f"Only you see this: {step_name(game, step.key, battle)}{player}.{words}"


def shown_again(game: Game, key: StepKey, battle: Battle | None = None) -> str:
    return f"{_capital(step_name(game, key, battle))} is shown again in a moment, and its reports are closed."


def voided(game: Game, battle: Battle | None = None) -> str:
    name = _capital(game_name(game, battle))
    if battle is not None:
        return f"{name} is voided: it is out of the battle, and what was reported stays hidden."
    return f"{name} is voided: it does not count, and what was reported stays hidden."


def step_name(game: Game, key: StepKey, battle: Battle | None = None) -> str:
    """`picture 3 of game #12`, or `picture 3 of side B of battle 57`, as members call a step."""
    return f"{_kind_name(key.kind)} {key.turn} of {game_name(game, battle)}"


def game_name(game: Game, battle: Battle | None = None) -> str:
    """`game #12`; as a side of an open battle `side B of battle 57`, since its number would tell later who it was."""
    if battle is None:
        return f"game #{game.number}"
    letter = next(side.letter for side in battle.sides if side.game.id == game.id)
    return f"side {letter} of battle {battle.number}"


def button_name(game: Game, battle: Battle | None = None) -> str:
    """How a moderator's button names a game: `Moderation.named` reads it."""
    if battle is None:
        return game.id
    return f"{battle.id}-{next(side.choice.value for side in battle.sides if side.game.id == game.id)}"


def round_title(battle: Battle, turn: int) -> str:
    return shorten(f"Report turn {turn} of battle {battle.number}", TITLE_MAX)


def round_parts(battle: Battle, turn: int) -> dict[str, str]:
    """The words for what can be reported of a round, by value in the form: `b-p` is the picture of side B."""
    kinds = [(side, kind) for side in battle.sides_at(turn) for kind in Kind]
    return {f"{side.choice.value}-{kind.value}": f"Side {side.letter}, {_kind_name(kind)}" for side, kind in kinds}


def _kind_name(kind: Kind) -> str:
    return "picture" if kind is Kind.PICTURE else "caption"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _reported(one: Reported) -> str:
    why = "; ".join(REASONS.get(reason, reason) for reason in dict.fromkeys(one.reasons))
    count = "" if len(one.reasons) == 1 else f", {len(one.reasons)} reports"
    message_id = one.game.steps[one.key.index].message_id
    thread_id = one.game.place.thread_id if one.battle is None else one.battle.thread_id
    where = f" {jump(one.game, thread_id, message_id)}" if thread_id and message_id else ""
    visible = f" **Still visible**: I cannot edit it; {_HELP}." if one.visible else ""
    return f"- {step_name(one.game, one.key, one.battle)}{count}: {why}.{where}{visible}"
