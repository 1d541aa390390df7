"""A frozen design as a file: JSON that people can read, with the hash of what it says."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from telephone.domain.designs import DesignPrompt, FrozenDesign, Stopping, as_document
from telephone.domain.games import TURNS_MAX, Level, Pair
from telephone.errors import BadInput

GAMES_MAX: Final = 100_000
SEED_MAX: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class DesignFile:
    """A design as its file says it, and the hash that the file states."""

    design: FrozenDesign
    stated: str

    @property
    def is_frozen(self) -> bool:
        """Whether the file says what was frozen."""
        return self.stated == self.design.hash


def write_design(path: Path, design: FrozenDesign) -> None:
    """Writes a new file. Raises BadInput where there is one already, or it cannot be written."""
    document = {**as_document(design), "hash": design.hash}
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    except FileExistsError:
        raise BadInput(
            f"{path} is there already, and a frozen design is not written over; name another file."
        ) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}; please choose another file.") from None


def read_design(path: Path) -> DesignFile:
    """The design of a file. Raises BadInput where it is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = _Document.model_validate(document)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; please check its name.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the design"
        raise BadInput(f"{path} is no design: {where}: {_lowered(first['msg'])}. {_NEW}") from None
    except (ValueError, RecursionError):
        raise BadInput(f"{path} is no design: it is no JSON in UTF-8. {_NEW}") from None
    return DesignFile(found.design_of(), found.hash)


def frozen(path: Path) -> FrozenDesign:
    """The design of a file that was not changed since it was frozen. Raises BadInput."""
    found = read_design(path)
    if not found.is_frozen:
        raise BadInput(
            f"{path} was changed after it was frozen: it states the hash {found.stated[:12]}… and has "
            f"{found.design.hash[:12]}…. Play it as it was, or freeze a new one with telephone design new."
        )
    return found.design


_NEW: Final = "telephone design new writes one."


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Pair(_Strict):
    t2i: _Name
    i2t: _Name


class _Prompt(_Strict):
    slug: Annotated[str, Field(pattern=r"^#\S+$", max_length=100)]
    level: Annotated[Level, Field(strict=False)] | None
    words: _Hash


class _Embedder(_Strict):
    name: _Name
    version: _Name


class _Stopping(_Strict):
    rule: Literal["all", "narrow"]
    width: Annotated[float, Field(gt=0, le=2)] | None
    least: Annotated[int, Field(ge=1)] | None

    @model_validator(mode="after")
    def _whole(self) -> "_Stopping":
        if (self.rule == "narrow") != (self.width is not None and self.least is not None):
            raise ValueError("the rule narrow has a width and a least number of prompts, the rule all has neither")
        return self


class _Document(_Strict):
    design: Literal[1]
    pairs: Annotated[list[_Pair], Field(min_length=1)]
    prompts: Annotated[list[_Prompt], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0, le=SEED_MAX)]], Field(min_length=1)]
    turns: Annotated[int, Field(ge=1, le=TURNS_MAX)]
    embedders: Annotated[list[_Embedder], Field(min_length=1)]
    stopping: _Stopping
    hash: _Hash

    @model_validator(mode="after")
    def _once(self) -> "_Document":
        for what, all_of in (
            ("pairs", self.pairs),
            ("prompts", [one.slug for one in self.prompts]),
            ("seeds", self.seeds),
        ):
            if len(set(all_of)) < len(all_of):
                raise ValueError(f"one of its {what} stands there twice")
        if len(self.pairs) * len(self.prompts) * len(self.seeds) > GAMES_MAX:
            raise ValueError(f"it has more than {GAMES_MAX:,} games")
        return self

    def design_of(self) -> FrozenDesign:
        return FrozenDesign(
            tuple(Pair(pair.t2i, pair.i2t) for pair in self.pairs),
            tuple(DesignPrompt(one.slug, one.level, one.words) for one in self.prompts),
            tuple(self.seeds),
            self.turns,
            tuple((one.name, one.version) for one in self.embedders),
            Stopping(self.stopping.rule, self.stopping.width, self.stopping.least),
        )


def checked(design: FrozenDesign) -> FrozenDesign:
    """A design that a file may hold. Raises BadInput for one that is too large or names something twice."""
    document: dict[str, Any] = {**as_document(design), "hash": design.hash}
    try:
        _Document.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the design"
        raise BadInput(f"This design cannot be: {where}: {_lowered(first['msg'])}.") from None
    return design


def _lowered(message: str) -> str:
    said = message.removeprefix("Value error, ")
    return f"{said[:1].lower()}{said[1:]}"
