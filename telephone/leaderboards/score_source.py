"""Where boards read scores from, as a protocol: a store, or a file that was exported from one."""

from collections.abc import Iterable
from typing import Protocol

from telephone.store.scores import Begun, CellSums, EmbedderUse, Pool


class ScoreQueries(Protocol):
    """The queries of boards; telephone.store.scores.Scores says what each answers."""

    async def measured(self, pool: Pool, embedder: str, version: str, turn: int) -> list[CellSums]: ...

    async def curves(
        self, pool: Pool, embedder: str, version: str, turns: Iterable[int], *, reaching: int | None = None
    ) -> dict[int, list[CellSums]]: ...

    async def unread(self, pool: Pool, embedder: str, version: str, turn: int) -> int: ...

    async def begun(self, pool: Pool) -> list[Begun]: ...

    async def embedders(self, guild_id: int) -> list[EmbedderUse]: ...

    async def embedder_names(self, guild_id: int) -> list[str]: ...

    async def states(self, guild_id: int) -> tuple[tuple[str, int, int], ...]: ...


class ScoreSource(Protocol):
    """What holds them."""

    @property
    def scores(self) -> ScoreQueries: ...
