"""The embedding cache: nothing is embedded twice."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, select
from sqlmodel import col

from telephone.store.database import Database
from telephone.store.tables.columns import now
from telephone.store.tables.games import VectorRow

_BATCH: Final = 500
"""Hashes in one query; the databases bound the parameters of one."""


class Size(NamedTuple):
    """How many tokens a text has, and in how many chunks it was embedded; more than one makes it approximate."""

    tokens: int
    chunks: int


_KEPT: Final = select(col(VectorRow.hash), col(VectorRow.data)).where(
    col(VectorRow.embedder) == bindparam("embedder"),
    col(VectorRow.version) == bindparam("version"),
    col(VectorRow.hash).in_(bindparam("hashes", expanding=True)),
)
NO_SIZES: Final[Mapping[str, Size]] = MappingProxyType({})


class Vectors:
    """The queries of the cache: one float32 vector for each embedder, version and hash of the content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, embedder: str, version: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The cached vectors, by hash; shape (dimensions,), read-only. Takes any number of hashes."""
        wanted = list(dict.fromkeys(hashes))
        if not wanted:
            return {}

        def query(connection: Connection) -> dict[str, NDArray[np.float32]]:
            whose = {"embedder": embedder, "version": version}
            batches = (wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH))
            rows = (row for batch in batches for row in connection.execute(_KEPT, whose | {"hashes": batch}))
            return {digest: np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False) for digest, data in rows}

        return await self._database.ask(query)

    async def put(
        self,
        embedder: str,
        version: str,
        vectors: Mapping[str, NDArray[np.float32]],
        sizes: Mapping[str, Size] = NO_SIZES,
    ) -> None:
        """Stores vectors by hash, those of texts with their sizes; a vector already known stays as it is.

        Raises ValueError for anything that is no vector.
        """
        moment = now()
        values = [
            {
                "embedder": embedder,
                "version": version,
                "hash": digest,
                "data": _bytes(digest, vectors[digest]),
                "tokens": sizes[digest].tokens if digest in sizes else None,
                "chunks": sizes[digest].chunks if digest in sizes else 1,
                "created_at": moment,
            }
            # Always in the same order: two writers with opposite orders would deadlock.
            for digest in sorted(vectors)
        ]
        if values:
            statement = self._database.insert(VectorRow).on_conflict_do_nothing()
            await self._database.change(lambda connection: connection.execute(statement, values))

    async def forget(self, hashes: Sequence[str]) -> None:
        """Deletes vectors by hash, of every embedder; content that is needed later is embedded again."""
        gone = list(dict.fromkeys(hashes))
        async with self._database.writing() as session:
            for start in range(0, len(gone), _BATCH):
                batch = gone[start : start + _BATCH]
                await session.execute(delete(VectorRow).where(col(VectorRow.hash).in_(batch)))


def _bytes(digest: str, vector: NDArray[np.float32]) -> bytes:
    if vector.ndim != 1 or vector.size == 0 or not np.isfinite(vector).all():
        raise ValueError(f"the embedding of {digest} is not one row of finite numbers: shape {vector.shape}")
    return vector.astype("<f4").tobytes()
