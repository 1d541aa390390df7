"""Facts about stored pictures. The bytes lie in the media storage, under the same hash."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlmodel import col

from telephone.domain.games import Image
from telephone.store.database import Database, insert_into
from telephone.store.tables.columns import now
from telephone.store.tables.games import ImageRow, StepRow


@dataclass(frozen=True, slots=True)
class ImageFact:
    """A stored picture without its bytes: `width` and `height` in pixels, `size` in bytes."""

    hash: str
    media_type: str
    width: int
    height: int
    size: int
    created_at: datetime


class ImageFacts:
    """The queries of picture facts, by the sha256 of the bytes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, image: Image) -> None:
        """Stores the facts of a verified picture; known ones stay as they are."""
        await self._database.change(lambda connection: put_image(connection, image))

    async def forget(self, sha256: str) -> bool:
        """Deletes the facts of a picture that no step shows; False, and nothing changed, where one does."""
        shown = select(col(StepRow.image)).where(col(StepRow.image) == sha256)
        statement = delete(ImageRow).where(col(ImageRow.hash) == sha256, ~shown.exists())
        async with self._database.writing() as session:
            return await session.scalar(statement.returning(col(ImageRow.hash))) is not None

    async def get(self, hash: str) -> ImageFact | None:  # noqa: A002 - the interface's word
        """The facts of the picture with this sha256, None when there is none."""
        async with self._database.reading() as session:
            row = await session.get(ImageRow, hash)
            if row is None:
                return None
            return ImageFact(row.hash, row.media_type, row.width, row.height, row.size, row.created_at)


def put_image(connection: Connection, image: Image) -> None:
    """Stores the facts of a verified picture in a unit of work; known ones stay as they are."""
    values = {"hash": image.sha256, "media_type": image.media_type, "width": image.width, "height": image.height}
    values |= {"size": len(image.data), "created_at": now()}
    connection.execute(_putting(connection.dialect.name), values)


@cache
def _putting(dialect: str) -> Any:
    return insert_into(dialect, ImageRow).on_conflict_do_nothing()
