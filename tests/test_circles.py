"""No module imports another that imports it back, however far round."""

import grimp

PACKAGES = ("telephone", "bot", "cogs")


def test_no_modules_import_each_other():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)  # imports for types and inside functions count too
    assert len(graph.modules) > 200
    assert circles({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}) == []


def test_a_circle_is_found():
    imports = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set(), "f": {"a"}}
    assert circles(imports) == [{"a", "b", "c"}]


def circles(imports):
    """The modules that import each other, as sets: each reaches the others and is reached by them."""
    reached = {module: _reached(imports, module) for module in imports}
    found = {
        frozenset(other for other in reached[module] if module in reached[other])
        for module in imports
        if module in reached[module]
    }
    return sorted((set(circle) for circle in found), key=sorted)


def _reached(imports, module):
    """Everything that a module imports, and what that imports, and so on; itself only where it lies on a circle."""
    found, todo = set(), list(imports[module])
    while todo:
        if (one := todo.pop()) not in found:
            found.add(one)
            todo += imports[one]
    return found
