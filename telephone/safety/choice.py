"""Which checker is used: the operator's choice, or the best that is available."""

from typing import Final, Literal

from telephone.domain.games import Image
from telephone.safety.checker import Checker, Finding
from telephone.safety.guard import Guard
from telephone.safety.offline import OfflineChecker
from telephone.safety.openai import OpenAIChecker
from telephone.settings import Settings

Choice = Literal["openai", "offline", "off"]
WORDS: Final[dict[Choice, str]] = {
    "openai": "OpenAI's moderation, words and pictures",
    "offline": "offline: a word list in English and a model for nudity in pictures, weaker than OpenAI's moderation",
    "off": "off by TELEPHONE_MODERATION: nothing is checked",
}


class NoChecker:
    """Lets everything pass, by the operator's explicit choice."""

    def why_not(self) -> str | None:
        return None

    async def check_text(self, text: str) -> Finding:
        return Finding()

    async def check_picture(self, image: Image) -> Finding:
        return Finding()

    async def close(self) -> None:
        """Does nothing: there are no connections."""


def choice(settings: Settings) -> Choice:
    """The value of TELEPHONE_MODERATION; else openai where our key is for OpenAI itself, else offline."""
    if settings.moderation is not None:
        return settings.moderation
    official = settings.openai_api_key is not None and settings.openai_base_url is None
    return "openai" if official else "offline"


def guard_of(settings: Settings) -> Guard:
    """The guard of every game in this process. The output of offline players is checked on this machine."""
    chosen = choice(settings)
    if chosen == "off":
        return Guard(NoChecker(), NoChecker())
    here = OfflineChecker()
    checker: Checker = here if chosen == "offline" else OpenAIChecker(settings.openai_api_key, settings.openai_base_url)
    return Guard(checker, here)
