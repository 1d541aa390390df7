"""Runs the fast unit tests on the other Pythons we support, where their interpreters are at hand.

    .venv/bin/python -m tests.other_pythons

Each gets a virtual environment of its own, from the same lock. What is not at hand is said and left out.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13")
HOME = Path(__file__).parent.parent
UNITS = [
    "tests/telephone",
    *("-m", "not slow and not long", "-k", "not postgres", "-q", "-p", "no:cacheprovider"),
]


def interpreter(version: str) -> str | None:
    """The path of a Python of that version that starts: on PATH, or among pyenv's versions."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]
    for path in filter(None, candidates):
        asked = [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
            return path
    return None


def run(version: str, path: str) -> tuple[bool, str]:
    """Whether the unit tests pass there, and what pytest said."""
    folder = HOME / ".venv" / f"python{version}"
    python = folder / "bin" / "python"
    lock = HOME / "requirements-dev.lock"
    stamp = folder / ".installed"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([path, "-m", "venv", folder], check=True)
        quietly = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([python, "-m", "pip", "install", *quietly, "-r", lock], check=True)
        stamp.touch()
    # A folder of their own each: two Pythons at once must not meet in hypothesis' database.
    said = subprocess.run(
        [python, "-m", "pytest", *UNITS, f"--basetemp={folder / 'tmp'}"],
        cwd=HOME,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")},
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode == 0, said.stdout + said.stderr


def main() -> int:
    here = "{}.{}".format(*sys.version_info[:2])
    others = {version: interpreter(version) for version in SUPPORTED if version != here}
    with ThreadPoolExecutor() as pool:
        runs = {version: pool.submit(run, version, path) for version, path in others.items() if path is not None}
    failed = False
    for version in others:
        if version not in runs:
            print(f"Python {version}: not at hand, not tested")
            continue
        passed, said = runs[version].result()
        failed |= not passed
        summary = next((line for line in reversed(said.splitlines()) if " passed" in line), "no summary").strip("= ")
        print(f"Python {version}: {summary}" if passed else f"Python {version} FAILED\n{said}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
