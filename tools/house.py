"""Prints the house as its imports draw it: packages, modules and lines, and over how much of it a feature is spread.

`--turn` also plays a turn. Its game enters a module of telephone when a function that is written there runs between
the start and the end of the game; classes and modules that are only imported do not count.
"""

import argparse
import asyncio
import inspect
import itertools
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

import grimp

ROOT: Final = Path(__file__).resolve().parent.parent
FEATURES: Final = {
    "games": "games game_reader cogs.play",
    "battles": "battles cogs.battle",
    "parties": "parties cogs.party",
    "turns of members": "turns human_turns turn_service",
    "rescoring": "rescoring rescores rescore rescore_workflow rescore_service jobs",
    "privacy": "privacy deletion deletion_scope deletions erasures cleanup member_data members cogs.me",
    "exports": "exports",
    "prompts": "prompts",
    "leaderboards": "leaderboards leaderboard cogs.scoring",
}
"""Names of the modules and packages of each feature. Of several in one path, that furthest right decides."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turn", action="store_true", help="also plays a turn and lists the modules that it enters")
    asked = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph("telephone", "bot", "cogs", cache_dir=None)  # lazy imports count too
    modules = sorted(module for module in graph.modules if ".migrations" not in module)
    print_packages(modules)
    for feature in FEATURES:
        inside = [one for one in modules if feature_of(one) == feature and lines_of(one) > 1]  # no empty __init__
        importers = {one for module in inside for one in graph.find_modules_that_directly_import(module)} - {*inside}
        print(f"\n{feature}: {len(inside)} files in {len(packages(inside))} packages, {' '.join(inside)}")
        print(f"  imported by {len(importers)} modules outside, {' '.join(sorted(importers))}")
    if asked.turn:
        files = asyncio.run(files_of_a_turn())
        entered = [module for module in modules if str(path_of(module)) in files]
        print(f"\nA turn enters {len(entered)} modules in {len(packages(entered))} packages.")
        print_packages(entered)


def print_packages(modules: Sequence[str]) -> None:
    """A line for each package: how many of the modules and lines lie in it, and which."""
    for package, inside in sorted(packages(modules).items()):
        names = " ".join(path_of(one).stem for one in inside if path_of(one).stem != "__init__")
        print(f"{package}: {len(inside)} modules, {sum(map(lines_of, inside)):,} lines, {names}")


def packages(modules: Sequence[str]) -> dict[str, list[str]]:
    """The modules by the folders that they lie in."""
    found: dict[str, list[str]] = {}
    for module in modules:
        found.setdefault(path_of(module).parent.relative_to(ROOT).as_posix(), []).append(module)
    return found


def feature_of(module: str) -> str | None:
    """The feature that a module belongs to by its name, None where it belongs to none."""
    places = {max(f".{module}.".rfind(f".{one}.") for one in FEATURES[name].split()): name for name in FEATURES}
    return places[max(places)] if max(places) >= 0 else None


def path_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def lines_of(module: str) -> int:
    return len(path_of(module).read_text(encoding="utf-8").splitlines())


async def files_of_a_turn() -> set[str]:
    """The files whose functions run in a game of one turn, by offline players in the terminal's runtime."""
    from telephone.bootstrap import open_terminal
    from telephone.games.admission import StartRequest
    from telephone.settings import Settings

    counting, files, numbers = False, set[str](), itertools.count(1)

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if counting and event == "call" and frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # a function, no class
            files.add(frame.f_code.co_filename)

    class Silent:
        def __getattr__(self, name: str) -> Any:
            return lambda *shown: asyncio.sleep(0, next(numbers))  # the id of what it was given

    threading.setprofile(profile)
    sys.setprofile(profile)
    with tempfile.TemporaryDirectory() as folder:
        settings, stage = Settings(_env_file=None, data_dir=Path(folder), database_url=None, storage_url=None), Silent()
        runtime = await open_terminal(settings, cast(Any, stage))
        runtime.sweeping.cancel()  # sweeps are no part of a turn
        await asyncio.wait({runtime.sweeping})
        counting = True
        game = await runtime.app.games.start(StartRequest("a fox", "stickers", "spotter-hazy", turns=1, seed=7))
        await runtime.app.games.closed(game.id, timeout=120)
        counting = False
        await runtime.close()
    sys.setprofile(None)
    threading.setprofile(None)
    return files


if __name__ == "__main__":
    main()
