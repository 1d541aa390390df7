"""What a run of the live check has posted, kept in a file: what is left of it is taken away by the next run."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from telephone.errors import BadInput, Misconfigured

CARD_AGE: Final = 3_600.0
"""Seconds after which Discord counts edits of a message apart."""
FILE_AGE: Final = 25 * 3_600.0
"""Seconds after which the signed address of a file has ended."""
AGES: Final = {"card": CARD_AGE, "file": FILE_AGE, "upload": FILE_AGE}


@dataclass
class Later:
    """What a later run looks at: a "card", a "file" of ours or an "upload" of a member; `at` is when it was made."""

    what: str
    at: float
    channel: int = 0
    message: int = 0
    address: str = ""

    @property
    def due_in(self) -> float:
        """Seconds until it is old enough; below zero once it is."""
        return self.at + AGES[self.what] - time.time()


@dataclass
class State:
    """Messages and threads that stand, as (channel, message) and (channel, thread), and what waits for a later run."""

    path: Path
    messages: list[tuple[int, int]] = field(default_factory=list)
    threads: list[tuple[int, int]] = field(default_factory=list)
    later: list[Later] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> "State":
        """What the last run left in this file. Raises Misconfigured where it is not ours."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            pairs = {name: [(int(a), int(b)) for a, b in stored[name]] for name in ("messages", "threads")}
            later = [Later(**item) for item in stored["later"] if item["what"] in AGES]
        except FileNotFoundError:
            return cls(path)
        except (OSError, ValueError, TypeError, LookupError):
            raise Misconfigured(
                f"{path} is not a state of telephone live-check; move it away, then run again."
            ) from None
        return cls(path, pairs["messages"], pairs["threads"], later)

    def save(self) -> None:
        """Writes everything, or takes the file away where nothing is left. Raises BadInput if it cannot."""
        try:
            if not (self.messages or self.threads or self.later):
                self.path.unlink(missing_ok=True)
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(".new")
            beside.write_text(json.dumps(self._document()), encoding="utf-8")
            beside.chmod(0o600)
            beside.replace(self.path)
        except OSError as error:
            raise BadInput(f"{self.path} cannot be written ({error.strerror}); see TELEPHONE_DATA_DIR.") from None

    def _document(self) -> dict[str, Any]:
        later = [asdict(item) for item in self.later]
        return {"messages": self.messages, "threads": self.threads, "later": later}
