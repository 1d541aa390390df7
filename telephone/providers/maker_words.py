"""The words in which the makers of models say why a prediction failed, from a table that grows: maker_words.toml."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

Ending = Literal["refused", "unavailable"]


def ending_of(words: str) -> Ending | None:
    """What the words of a failed prediction mean, None where the table does not know; faults count before refusals."""
    return next((ending for ending, rule in _rules().items() if rule.search(words)), None)


def says_unsafe(words: str) -> bool:
    """Whether a message says that safety rules declined."""
    return ending_of(words) == "refused"


@cache
def _rules() -> dict[Ending, re.Pattern[str]]:
    table = tomllib.loads(files(__package__).joinpath("maker_words.toml").read_text(encoding="utf-8"))
    endings: tuple[Ending, ...] = ("unavailable", "refused")
    return {ending: re.compile("|".join(f"(?:{rule})" for rule in table[ending]), re.IGNORECASE) for ending in endings}
