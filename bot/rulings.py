"""Answers about reported turns and adult content, as text. Pure."""

from collections.abc import Sequence
from typing import Final

from bot.render import jump
from bot.text import escape, quote, shorten
from telephone.game import Game, Kind, ServerSettings, Step, StepKey
from telephone.moderation import REASONS, Reported

REPORT_ASKS: Final = "What is wrong with it?"
REPORT_MEANS: Final = "It is hidden at once, and a moderator decides."
REPORTED: Final = "Thank you. This turn is hidden in a moment; a moderator decides whether it is shown again."
REPORTS_MAX: Final = 5
"""How many reported turns one answer lists: a message has five rows of buttons."""
TITLE_MAX: Final = 45


def nsfw(settings: ServerSettings) -> str:
    if settings.nsfw == "block":
        return "Adult content is blocked on this server, in every channel; games that run heed it at once."
    return "Adult content may be played in age-restricted channels, in games that start from now on, and nowhere else."


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


def reported_words(game: Game, step: Step) -> str:
    """What was reported, for a moderator's eyes."""
    words = f"\n{quote(step.text)[0]}" if step.text else ""
    return f"Only you see this: {step_name(game, step.key)} by {escape(step.player)}.{words}"


def shown_again(game: Game, key: StepKey) -> str:
    return f"{step_name(game, key).capitalize()} is shown again in a moment, and its reports are closed."


def voided(game: Game) -> str:
    return f"Game #{game.number} is voided: it does not count, and what was reported stays hidden."


def step_name(game: Game, key: StepKey) -> str:
    """`picture 3 of game #12`, as members call a step."""
    what = "picture" if key.kind is Kind.PICTURE else "caption"
    return f"{what} {key.turn} of game #{game.number}"


def _reported(one: Reported) -> str:
    why = "; ".join(REASONS.get(reason, reason) for reason in dict.fromkeys(one.reasons))
    count = "" if len(one.reasons) == 1 else f", {len(one.reasons)} reports"
    message_id, thread_id = one.game.steps[one.key.index].message_id, one.game.place.thread_id
    where = f" {jump(one.game, thread_id, message_id)}" if thread_id and message_id else ""
    return f"- {step_name(one.game, one.key)}{count}: {why}.{where}"
