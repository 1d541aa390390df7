"""The store writes no sentence for players: what it refuses has a type, and the words lie in
telephone/domain/refusals.py."""

import ast
from pathlib import Path

import pytest

from telephone import store
from telephone.errors import TelephoneError

FOLDER = Path(store.__file__).parent
OPERATORS = ("migrate.py", "database.py", "copies.py")
"""These speak to whoever starts the program, or takes and restores backups."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_no_error_is_raised_with_words(path):
    kinds = {kind.__name__ for kind in _tree(TelephoneError)}
    worded = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
        for argument in node.args
        if any(isinstance(part, ast.Constant) and " " in str(part.value) for part in ast.walk(argument))
    ]
    assert not worded or path.name in OPERATORS


def _tree(kind):
    return {kind}.union(*(_tree(child) for child in kind.__subclasses__()))
