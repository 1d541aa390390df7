"""The scales that ship with the package: what a text embedder says where a server has no redraws of its own.

Any other embedder, and any other version, embeds the same texts when its scale is first needed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from telephone.domain.calibration import Quartiles


@dataclass(frozen=True, slots=True)
class Scale:
    """How far apart the curated prompts are (`floor`), and the captions of the redraws that ship (`ceiling`, `still`).

    `prompts` and `redraws` count what the latter two were measured on.
    """

    floor: Quartiles
    ceiling: Quartiles
    still: float
    prompts: int
    redraws: int


def shipped_scale(version: str) -> Scale | None:
    """The scale of an embedder of this version; None where none ships."""
    return _scales().get(version)


@cache
def _scales() -> Mapping[str, Scale]:
    """Every scale that ships (tools/scales.py), by the version of its embedder."""
    rows = json.loads(files(__package__).joinpath("scales.json").read_text(encoding="utf-8"))
    return {
        version: Scale(
            Quartiles(*row["floor"]), Quartiles(*row["ceiling"]), row["still"], row["prompts"], row["redraws"]
        )
        for version, row in rows.items()
    }
