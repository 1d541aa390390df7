"""A provider that can be told to misbehave, and the tables of its models."""

import asyncio
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from PIL import Image as pil

from telephone.domain.calls import Answer, Ask, Ticket
from telephone.providers.base import ModelTable
from tests.support.pictures import paint

MODELS = """
[painter]
kind = "t2i"
provider = "studio"
ref = "painter"
price_usd = 0.02
licence = "test"

[critic]
kind = "i2t"
provider = "studio"
ref = "critic"
licence = "test"

[poet]
kind = "chat"
provider = "studio"
ref = "poet"
price_usd = 0.002
licence = "test"

[absent]
kind = "t2i"
provider = "studio"
ref = "absent"
licence = "test"

[gone]
kind = "t2i"
provider = "studio"
ref = "absent"
licence = "test"
retired_on = 2026-05-12
replacement = "painter"
"""


@dataclass
class FakeProvider:
    """A provider: paints a colour made from the words, says which colour it sees, and writes what it is told to.

    `faults` are raised in turn, those of `down` by the model of that name whenever it is asked; `slow` is how much
    longer than `delay` a model takes.
    """

    faults: list[Exception] = field(default_factory=list)
    down: dict[str, Exception] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    delay: float = 0.0
    submitted: list[str] = field(default_factory=list)
    begun: dict[str, Ticket] = field(default_factory=dict)
    collected: Counter[str] = field(default_factory=Counter)
    cancelled: list[Ticket] = field(default_factory=list)
    says: str | None = None
    writes: str = "{}"
    questions: list[str] = field(default_factory=list)

    def why_not(self, model: ModelTable) -> str | None:
        return "no key" if model.ref == "absent" else None

    async def submit(self, model: ModelTable, ask: Ask, marker: str, since: datetime | None = None) -> Ticket:
        if since is not None and marker in self.begun:
            return self.begun[marker]  # what an earlier attempt began is adopted, as by the real providers
        self.submitted.append(marker)
        self.begun[marker] = Ticket(reference=f"job-{len(self.submitted)}")
        return self.begun[marker]

    async def collect(self, model: ModelTable, ask: Ask, ticket: Ticket) -> Answer:
        await asyncio.sleep(self.delay + self.slow.get(model.name, 0.0))
        if self.faults:
            raise self.faults.pop(0)
        if model.name in self.down:
            raise self.down[model.name]
        self.collected[model.name] += 1
        if model.kind == "t2i":
            return Answer(data=paint(f"{ask.text}/{ask.seed}"), cost_usd=None)
        if model.kind == "chat":
            self.questions.append(str(ask.text))
            return Answer(text=self.writes, cost_usd=0.0006)
        seen = pil.open(io.BytesIO(ask.image.data)).getpixel((0, 0)) if ask.image else None
        return Answer(text=self.says if self.says is not None else f"Caption: a wall of colour {seen}", cost_usd=0.01)

    async def cancel(self, model: ModelTable, ticket: Ticket) -> None:
        self.cancelled.append(ticket)

    async def exists(self, model: ModelTable) -> bool | None:
        return model.ref != "absent"

    async def close(self) -> None:
        pass
