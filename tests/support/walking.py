"""A workflow to test engines with; as a program, a worker that walks until somebody kills it.

python -m tests.support.walking URL
"""

import asyncio
import sys

from dbos import DBOS, DBOSConfiguredInstance

from telephone.engine.engine import Engine


@DBOS.dbos_class()
class Counting(DBOSConfiguredInstance):
    """Counts how often its steps ran; waits at the gate in between. Once it is `there`, its first step is booked."""

    def __init__(self, ran: list[str], gate: asyncio.Event) -> None:
        self.ran, self.gate, self.there = ran, gate, asyncio.Event()
        super().__init__(config_name="counting")

    @DBOS.workflow()
    async def walk(self, name: str, steps: int) -> int:
        for n in range(steps):
            await self.step(name, n)
        return steps

    @DBOS.step()
    async def step(self, name: str, n: int) -> int:
        if n == 1:
            self.there.set()
            await self.gate.wait()
        self.ran.append(f"{name}{n}")
        return n


async def main(url: str) -> None:
    engine, counting = Engine(url), Counting([], asyncio.Event())
    await engine.launch([counting])
    await engine.enqueue("walk-pg", counting.walk, "pg", 3)
    await counting.there.wait()
    print("at the gate", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
