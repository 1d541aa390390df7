"""The models a game can name: tables read from models.toml and an operator's own file."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from telephone.errors import Misconfigured, NotFound
from telephone.providers.base import ModelKind, ModelTable


@dataclass(frozen=True, slots=True)
class Registry:
    """All known models by name, in the order of their files."""

    tables: Mapping[str, ModelTable]

    @classmethod
    def load(cls, providers: Iterable[str], own: Path | None = None) -> "Registry":
        """Reads the package's tables, then the operator's over them. Raises Misconfigured with file and line."""
        shipped = files("telephone.models").joinpath("models.toml")
        tables = _read("models.toml", shipped.read_text(encoding="utf-8"))
        if own is not None:
            try:
                tables |= _read(str(own), own.read_text(encoding="utf-8"))
            except OSError as error:
                raise Misconfigured(f"TELEPHONE_MODELS names {own}, which cannot be read ({error.strerror}).") from None
        known = frozenset(providers)
        for table in tables.values():
            if table.provider not in known:
                choice = ", ".join(sorted(known))
                raise Misconfigured(
                    f"The model {table.name} names the provider '{table.provider}'; write one of: {choice}."
                )
            if table.replacement is not None and table.replacement not in tables:
                raise Misconfigured(
                    f"The model {table.name} names the replacement '{table.replacement}', which no table describes."
                )
        return cls(tables)

    def table(self, name: str, kind: ModelKind | None = None) -> ModelTable:
        """The model of that name and kind. Raises NotFound, naming those that exist."""
        table = self.tables.get(name.strip().lower())
        if table is None or (kind is not None and table.kind != kind):
            names = ", ".join(row.name for row in self.tables.values() if kind in (None, row.kind))
            what = {"t2i": "draws", "i2t": "writes captions", "embedder": "measures"}.get(kind or "", "is known")
            raise NotFound(f"No model called '{name[:40]}' {what} here; choose one of: {names}.")
        return table

    def label(self, embedder: str) -> str:
        """How a board names an embedder: MiniLM (offline), ImageBind."""
        table = self.tables.get(embedder)
        return (table.label or table.name) if table else embedder

    def of_kind(self, kind: ModelKind) -> list[ModelTable]:
        return [table for table in self.tables.values() if table.kind == kind]


def _read(source: str, text: str) -> dict[str, ModelTable]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{source} is not valid TOML: {error}.") from None
    return {name: _table(source, text, name, row) for name, row in document.items()}


def _table(source: str, text: str, name: str, row: Any) -> ModelTable:
    header = next((n for n, line in enumerate(text.splitlines(), 1) if line.strip() in (f"[{name}]", f'["{name}"]')), 1)
    if not isinstance(row, dict):
        raise Misconfigured(f"{source}, line {header}: '{name}' must be a table; write [{name}] on a line of its own.")
    try:
        return ModelTable(name=name, **row)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"{source}, line {header}: in [{name}], {where}: {first['msg']}.") from None
