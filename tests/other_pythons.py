"""Runs the fast unit tests on the other Pythons we support, where their interpreters are at hand.

    .venv/bin/python -m tests.other_pythons

Each gets a virtual environment of its own, from the same lock. What is not at hand is said and left out.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13")
HOME = Path(__file__).parent.parent
UNITS = ["tests/telephone", "-m", "not slow", "-q", "-p", "no:cacheprovider", "--durations=0", "--durations-min=5"]


def interpreter(version: str) -> str | None:
    """The path of a Python of that version that starts: on PATH, or among pyenv's versions."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]
    for path in filter(None, candidates):
        asked = [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
            return path
    return None


def run(version: str, path: str) -> bool:
    """Whether the unit tests pass there."""
    folder = HOME / ".venv" / f"python{version}"
    python = folder / "bin" / "python"
    lock = HOME / "requirements-dev.lock"
    stamp = folder / ".installed"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([path, "-m", "venv", folder], check=True)
        install = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            lock,
        ]
        subprocess.run(install, check=True)
        stamp.touch()
    return subprocess.run([python, "-m", "pytest", *UNITS], cwd=HOME, check=False).returncode == 0


def main() -> int:
    here = "{}.{}".format(*sys.version_info[:2])
    verdicts = {}
    for version in SUPPORTED:
        if version != here:
            path = interpreter(version)
            verdicts[version] = None if path is None else run(version, path)
    for version, verdict in verdicts.items():
        print(
            f"Python {version}: {'not at hand, not tested' if verdict is None else 'passed' if verdict else 'FAILED'}"
        )
    return 1 if False in verdicts.values() else 0


if __name__ == "__main__":
    sys.exit(main())
