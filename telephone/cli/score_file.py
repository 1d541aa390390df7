"""A CSV of scores as the commands read it: one that `telephone export scores` wrote, or anybody's."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from telephone.settings import Settings

if TYPE_CHECKING:
    from telephone.leaderboards.board import Judge
    from telephone.leaderboards.score_file import ScoreFile
    from telephone.leaderboards.service import LeaderboardService

NOT_THERE: Final = "The file holds no such game; `telephone export scores` chooses which games a file holds."


def is_export(path: Path) -> bool:
    """Whether a CSV is one that `telephone export scores` wrote, by its columns. Raises BadInput."""
    from telephone.leaderboards.csv_records import headings

    return {"game", "embedder", "turn", "distance"} <= set(headings(path))


def read_export(path: Path) -> "ScoreFile":
    """The games of such a file. Raises BadInput."""
    from telephone.leaderboards.csv_records import lines_of
    from telephone.leaderboards.score_file import read_score_file

    return read_score_file(lines_of(path))


def _known() -> "dict[str, Judge]":
    """The embedders that the models' tables know, with label and kin, whichever version they are in."""
    from telephone.leaderboards.board import Judge
    from telephone.models.configured import providers
    from telephone.models.registry import Registry

    async def known() -> dict[str, Judge]:
        settings = Settings.load()
        adapters = providers(settings)
        registry = Registry.load(adapters, settings.models)
        for adapter in adapters.values():
            await adapter.close()
        names = [table.name for table in registry.of_kind("embedder")]
        return {name: Judge(name, "", registry.label(name), registry.kin_of(name)) for name in names}

    return asyncio.run(known())


def boards_of(file: "ScoreFile") -> "LeaderboardService":
    """The leaderboards of such a file, with the labels and the kin that the models' tables name."""
    from telephone.leaderboards.score_file import boards_of_file

    return boards_of_file(file, _known())


def changed(file: "ScoreFile") -> list[str]:
    """That a file is not as it was exported, in a sentence; nothing where it is."""
    if file.is_intact:
        return []
    stated = f"its rows say that its hash is {file.stated}" if file.stated else "its rows state no hash"
    return [f"The file is not as it was exported: {stated}, and they have {file.found}. What stands in it now counts."]


def about(path: Path, file: "ScoreFile | None") -> dict[str, Any]:
    """What JSON documents say of a file: its name and, of an export, the hash of its rows and whether they state it."""
    hashes = {"hash": file and file.found, "stated": file and file.stated, "intact": file and file.is_intact}
    return {"name": path.name, **hashes}
