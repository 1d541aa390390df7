"""The models a game can name: tables read from models.toml and an operator's own file."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from telephone.domain.games import HUMAN
from telephone.errors import Misconfigured, NotFound
from telephone.providers.base import ModelKind, ModelTable

_HEADING: Final = re.compile(r"""\s*\[\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*(?:\.\s*["']?([\w-]+)["']?\s*)?\]""")
_DOES: Final[dict[ModelKind, str]] = {
    "t2i": "draws",
    "i2t": "writes captions",
    "embedder": "measures",
    "chat": "writes prompts",
}
_FIELDS: Final = ", ".join(name for name in ModelTable.model_fields if name != "name")


RESERVED: Final = {HUMAN: "stands for a member", "any": "stands for whichever model a side has"}
"""Words that stand where a model's name stands and mean something else."""
OWN_MAX: Final = 10**6
"""The largest file of an operator's tables that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All known models by name, in the order of their files."""

    tables: Mapping[str, ModelTable]

    @classmethod
    def load(cls, providers: Iterable[str], own: Path | None = None) -> "Registry":
        """Reads the package's tables of these `providers`, then the operator's, which override them.

        Raises Misconfigured with file, line and what to write instead.
        """
        shipped = files("telephone.models").joinpath("models.toml")
        source = _Source("models.toml", shipped.read_text(encoding="utf-8"))
        known = frozenset(providers)
        every = source.tables()
        tables = {name: table for name, table in every.items() if table.provider in known}
        source.check_replacements(every)
        if own is not None:
            try:
                if own.stat().st_size > OWN_MAX:
                    raise Misconfigured(f"TELEPHONE_MODELS names {own}, which is no file of tables: it is over 1 MB.")
                theirs = _Source(str(own), own.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                raise Misconfigured(f"TELEPHONE_MODELS names {own}, which cannot be read ({why}).") from None
            added = theirs.tables()
            theirs.check_providers(known)
            tables |= added
            theirs.check_replacements(every | added)
        return cls(tables)

    def table(self, name: str, kind: ModelKind | None = None) -> ModelTable:
        """The model of that name and kind. Raises NotFound, which names the models that exist."""
        table = self.tables.get(name.strip().lower())
        if table is None or (kind is not None and table.kind != kind):
            names = ", ".join(row.name for row in self.tables.values() if kind in (None, row.kind))
            what = _DOES[kind] if kind else "is known"
            raise NotFound(f"No model called '{name[:40]}' {what} here; choose one of: {names}.")
        return table

    def label(self, embedder: str) -> str:
        """The label of an embedder on boards, such as MiniLM (offline) or ImageBind."""
        table = self.tables.get(embedder)
        return (table.label or table.name) if table else embedder

    def kin_of(self, embedder: str) -> frozenset[str]:
        """The names of the players that were trained or are steered by the model that the embedder uses.

        The embedder may favour such related players, so a board marks them, and a verdict needs another embedder.
        """
        table = self.tables.get(embedder)
        kin = table.kin if table else ""
        return frozenset(t.name for t in self.tables.values() if kin and t.kin == kin and t.kind != "embedder")

    def of_kind(self, kind: ModelKind) -> list[ModelTable]:
        return [table for table in self.tables.values() if table.kind == kind]


class _Source:
    """One file of tables, with the line number of each key."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = text.splitlines()
        try:
            self._document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Misconfigured(f"{name} is not valid TOML: {error}.") from None
        except RecursionError:
            raise Misconfigured(f"{name} is not valid TOML: its brackets are nested too deep.") from None

    def tables(self) -> dict[str, ModelTable]:
        return {name: self._table(name, row) for name, row in self._document.items()}

    def check_providers(self, known: frozenset[str]) -> None:
        for name, row in self._document.items():
            if row["provider"] not in known:
                choice = ", ".join(sorted(known))
                raise self._wrong(name, "provider", f"nobody provides '{row['provider']}'; write one of: {choice}")

    def check_replacements(self, tables: Mapping[str, ModelTable]) -> None:
        for name, row in self._document.items():
            other = tables.get(row.get("replacement", name))
            if other is None:
                said = f"no table describes '{row['replacement']}'; write the name of a model that has one"
                raise self._wrong(name, "replacement", said)
            if other.kind != row["kind"]:
                said = f"{other.name} is of another kind; write the name of a model of kind {row['kind']}"
                raise self._wrong(name, "replacement", said)

    def _table(self, name: str, row: Any) -> ModelTable:
        if not isinstance(row, dict):
            raise self._wrong(name, name, f"this must be a table; write [{name}] on a line of its own")
        if "name" in row:
            raise self._wrong(name, "name", f"its name is its heading, [{name}]; leave this line out")
        if name in RESERVED:
            raise self._wrong(
                name, name, f"no model can be called {name}, which {RESERVED[name]}; write another heading"
            )
        try:
            return ModelTable(name=name, **row)
        except ValidationError as error:
            first = error.errors()[0]
            path = [str(part) for part in first["loc"]]
            advice = _advice(path, first)
            about = path[0] if path else advice.partition(" ")[0]
            raise self._wrong(name, about if path or about in ModelTable.model_fields else "", advice) from None

    def _wrong(self, table: str, key: str, said: str) -> Misconfigured:
        named = key and key not in (table, "name") and not said.startswith(key)
        inside = f"in [{table}], {key}: " if named else f"in [{table}]: "
        return Misconfigured(f"{self._name}, line {self._line(table, key)}: {inside}{said}.")

    def _line(self, table: str, key: str) -> int:
        """The line of a table's key, or else of its heading, from 1."""
        inside, heading = False, 0
        for number, line in enumerate(self._lines, 1):
            found = _HEADING.match(line)
            if found:
                inside = table in found.group(1, 2, 3)
                heading = heading or (number if inside else 0)
                if inside and key and found[4] == key:
                    return number
            elif (inside and _opens(line, key)) or (not heading and _opens(line, table)):
                return number
        return heading or 1


def _opens(line: str, key: str) -> bool:
    return bool(key) and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line) is not None


def _advice(path: list[str], error: Any) -> str:
    """What to write instead, in words."""
    kind, expected = error["type"], error.get("ctx", {}).get("expected")
    if kind == "extra_forbidden" and len(path) == 1:
        return f"there is no such field; write one of: {_FIELDS}"
    if kind == "missing":
        return "this field is missing; write it below the heading"
    if expected:
        return f"'{error['input']}' cannot be used; write {expected}"
    if kind.startswith("date"):
        return f"'{error['input']}' is no day; write one such as 2026-05-12"
    if kind == "string_too_short":
        return "write what the provider calls the model"
    if path and path[0] == "name":
        return "a model's name has 2 to 32 small letters, digits, dots and hyphens; write such a heading"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{said[:1].lower()}{said[1:]}"
