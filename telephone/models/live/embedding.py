"""How long an embedder's vectors are, and what hides a part of a text from it."""

from typing import Any, Final

import numpy as np

from telephone.domain.calls import Ask
from telephone.errors import TelephoneError
from telephone.models.live.asking import PROCESSING_MAX, LiveModels
from telephone.models.live.predictions import sample
from telephone.providers.base import ModelTable

FIRST, SECOND = "a fox", "a red car on a road"
TEXTS: Final = {
    "the first half": FIRST,
    "both halves": f"{FIRST} {SECOND}",
    "an end token between them": f"{FIRST} <|endoftext|> {SECOND}",
    "the same, escaped": f"{FIRST} &lt;|endoftext|&gt; {SECOND}",
    "the same, escaped twice": f"{FIRST} &amp;lt;|endoftext|&amp;gt; {SECOND}",
    "the same in wide letters": f"{FIRST} ＜｜endoftext｜＞ {SECOND}",
    "a start token between them": f"{FIRST} <|startoftext|> {SECOND}",
}
"""Where a text is as near to the first half as that to itself, the embedder stopped reading there."""
NEEDS: Final = "set REPLICATE_API_TOKEN, or name a container with an embedder in TELEPHONE_MODELS"


async def embedding(live: LiveModels) -> None:
    """The length of the vectors of a text and a picture, and how near odd texts are to their halves."""
    tables = _tables(live)
    if not tables:
        live.leave_out("an embedder's vectors", NEEDS)
    for table in tables:
        vectors: dict[str, Any] = {}
        for what, text in TEXTS.items():
            vectors[what] = await _asked(live, table, f"{table.name}: {what}", Ask(0, text), vectors)
        await _asked(live, table, f"{table.name}: a picture", Ask(0, image=sample()), vectors)


def _tables(live: LiveModels) -> list[ModelTable]:
    return [*live.ready("replicate", "embedder"), *live.ready("cog", "embedder")]


async def _asked(live: LiveModels, table: ModelTable, asked: str, ask: Ask, known: dict[str, Any]) -> Any:
    """The vector as it came; None where there is none."""
    if not live.affords(asked, _most(table)):
        return None
    try:
        ticket = await live.players.submit(table.name, ask, "")
        answer = await live.players.collect(table.name, ask, ticket)
    except TelephoneError as error:
        live.tell(asked, type(error).__name__)
        return None
    usd = table.price_usd if answer.cost_usd is None else answer.cost_usd
    live.purse.spent += usd
    vector = np.asarray(answer.vector or (), np.float64)
    near = {
        f"cosine_to_{what.replace(' ', '_')}": _cosine(vector, known.get(what))
        for what in ("the first half", "both halves")
    }
    facts = {name: value for name, value in near.items() if value is not None}
    live.tell(asked, "answered", usd, length=round(float(np.linalg.norm(vector)), 4), numbers=vector.size, **facts)
    return vector


def _cosine(one: Any, other: Any) -> float | None:
    if other is None or one.size != other.size:
        return None
    return round(float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other))), 4)


def _most(table: ModelTable) -> float:
    return max(table.price_usd, PROCESSING_MAX * table.second_usd) if table.provider == "replicate" else 0.0


def most_embedding(live: LiveModels) -> float:
    return sum(_most(table) * (len(TEXTS) + 1) for table in _tables(live))
