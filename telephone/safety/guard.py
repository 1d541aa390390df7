"""What a finding means for a game: refused kindly, or withheld for good and without a trace."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from telephone.domain.calls import Ask
from telephone.domain.games import Caption, Image
from telephone.errors import Misconfigured, Refused, Withheld
from telephone.providers.base import ModelTable
from telephone.retry import Line, with_patience
from telephone.safety.checker import MINORS, SEXUAL, Checker, Finding
from telephone.safety.words import mentions_minor

DEADLINE: Final = 120.0
"""How long a step's check may be tried again, in seconds; after that the game ends: it never goes on unchecked."""
PROMPT_DEADLINE: Final = 20.0
"""As DEADLINE, for a prompt, for which a member waits."""
ADULT: Final = frozenset({SEXUAL, "violence", "violence/graphic"})
"""The categories that may pass in an age-restricted channel of a server that allows it."""
SEVERE: Final = "The safety check stopped this; nothing of it was kept or shown, and the game is over."
SEVERE_PROMPT: Final = "These words cannot be played; nothing of them was kept. Please choose something else entirely."
SEVERE_DRAWING: Final = "This picture cannot be played; nothing of it was kept. Please draw something else entirely."
OTHER_WORDS: Final = "These words are not for here ({}); please try others."
OTHER_DRAWING: Final = "This picture is not for here ({}); please draw another."

_SAID: Final = {
    "sexual": "sexual content",
    "violence": "violence",
    "violence/graphic": "graphic violence",
    "hate": "hate",
    "harassment": "harassment",
    "self-harm": "self-harm",
    "illicit": "illicit acts",
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks prompts, members' answers and models' outputs. `here` checks those of offline players, on this machine.

    All calls raise Withheld, Refused, or the error that keeps the checker from answering; if they return, it may pass.
    """

    checker: Checker
    here: Checker
    deadline: float = DEADLINE

    def why_not(self, table: ModelTable) -> str | None:
        """None when this model's output can be checked; otherwise what is missing, in a few words."""
        return self._for(table).why_not()

    async def prompt(self, text: str, *, nsfw: bool) -> None:
        """Checks a member's own prompt, before any of it is stored."""
        if missing := self.checker.why_not():
            raise Misconfigured("Own words cannot be checked just now; pick a prompt from the list.", missing)
        finding = await _patiently(lambda: self.checker.check_text(text), self._prompt_deadline)
        self._judge("prompt", finding, nsfw)
        _refuse(finding, nsfw, SEVERE_PROMPT, OTHER_WORDS)

    async def words(self, text: str, seen: Image, *, nsfw: bool) -> None:
        """Checks a member's caption of a picture, before any of it is stored; they may write another."""
        finding = await _patiently(lambda: self.checker.check_text(text), self._prompt_deadline)
        if nsfw and mentions_minor(text):
            finding = _with_minor(
                finding, await _patiently(lambda: self.checker.check_picture(seen), self._prompt_deadline)
            )
        self._judge("caption", finding, nsfw)
        _refuse(finding, nsfw, SEVERE_PROMPT, OTHER_WORDS)

    async def drawing(self, image: Image, words: str, *, nsfw: bool) -> None:
        """Checks a member's drawing, verified, of some words, before any of it is stored; they may draw another."""
        finding = await _patiently(lambda: self.checker.check_picture(image), self._prompt_deadline)
        if mentions_minor(words):
            finding = _with_minor(finding, finding)
        self._judge("picture", finding, nsfw)
        _refuse(finding, nsfw, SEVERE_DRAWING, OTHER_DRAWING)

    async def caption(
        self, caption: Caption, ask: Ask, table: ModelTable, *, nsfw: bool, line: Line | None = None
    ) -> None:
        """Checks a model's caption and its raw text. `line` says what is done where there is none to the checker."""
        checker = self._for(table)
        said = caption.text if caption.raw.strip() == caption.text else f"{caption.text}\n{caption.raw}"
        finding = await _patiently(lambda: checker.check_text(said), self.deadline, line)
        if nsfw and ask.image is not None and mentions_minor(said):
            image = ask.image
            seen = await _patiently(lambda: checker.check_picture(image), self.deadline, line)
            finding = _with_minor(finding, seen)
        self._judge("caption", finding, nsfw)
        if finding.severe:
            raise Withheld(SEVERE, MINORS)
        if stopped := _stopped(finding, nsfw):
            raise Refused(
                f"What {table.name} said was withheld by the safety check ({stopped}), so this game ended.", stopped
            )

    async def picture(self, image: Image, ask: Ask, table: ModelTable, *, nsfw: bool, line: Line | None = None) -> None:
        """Checks a model's verified picture; a sexual one that was drawn from words about a child is severe.

        `line` says what is done where there is none to the checker.
        """
        checker = self._for(table)
        finding = await _patiently(lambda: checker.check_picture(image), self.deadline, line)
        if ask.text is not None and mentions_minor(ask.text):
            finding = _with_minor(finding, finding)
        self._judge("picture", finding, nsfw)
        if finding.severe:
            raise Withheld(SEVERE, MINORS)
        if stopped := _stopped(finding, nsfw):
            raise Withheld(
                f"A picture by {table.name} was withheld by the safety check ({stopped}), so this game ended.", stopped
            )

    async def close(self) -> None:
        await self.checker.close()
        await self.here.close()

    @property
    def _prompt_deadline(self) -> float:
        """The deadline of a check for which a member waits, in seconds."""
        return min(self.deadline, PROMPT_DEADLINE)

    def _for(self, table: ModelTable) -> Checker:
        return self.here if table.provider == "offline" else self.checker

    def _judge(self, what: str, finding: Finding, nsfw: bool) -> None:
        if finding.categories:
            _log.warning("flagged", what=what, categories=sorted(finding.categories), nsfw=nsfw)


async def _patiently(check: Callable[[], Awaitable[Finding]], deadline: float, line: Line | None = None) -> Finding:
    return await with_patience(check, deadline=deadline, who="The safety check", line=line)


def _refuse(finding: Finding, nsfw: bool, severe: str, sentence: str) -> None:
    """Raises the error for a finding about a member's own words or drawing, if it may not pass."""
    if finding.severe:
        raise Withheld(severe, MINORS)
    if stopped := _stopped(finding, nsfw):
        raise Refused(sentence.format(stopped), stopped)


def _with_minor(finding: Finding, of_picture: Finding) -> Finding:
    return Finding(finding.categories | {MINORS}) if SEXUAL in of_picture.categories else finding


def _stopped(finding: Finding, nsfw: bool) -> str:
    """The categories that stop a game, as text; empty where none does."""
    names = sorted(finding.categories - (ADULT if nsfw else frozenset()))
    return ", ".join(dict.fromkeys(_SAID.get(name, _SAID.get(name.split("/")[0], name)) for name in names))
