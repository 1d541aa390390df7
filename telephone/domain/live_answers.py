"""What a real service answered when it was asked on purpose: rows of a table that is fit to be sent to others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LEFT_OUT: Final = "left out"
NO_ANSWER: Final = "no answer"
_IDS: Final = re.compile(r"\d{15,}")
_SHOWN_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """One thing that was asked, and the answer to it.

    `status` is the HTTP status, or LEFT_OUT or NO_ANSWER, or a word for what our own code did. `code` is the service's
    own error code. `facts` are the parts of the answer that matter, by name; they hold no key, no token and no words
    of other people. `usd` is what it cost at most or as reported, in US dollars.
    """

    part: str
    asked: str
    status: int | str
    code: int | str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    usd: float = 0.0

    @property
    def is_left_out(self) -> bool:
        """Whether nothing was asked at all."""
        return self.status == LEFT_OUT

    def as_json(self) -> dict[str, Any]:
        """The row as one JSON object; long ids are shortened."""
        return {
            "part": self.part,
            "asked": self.asked,
            "status": self.status,
            "code": self.code,
            "facts": {name: shortened(value) for name, value in self.facts.items()},
            "usd": round(self.usd, 6),
        }

    def told(self) -> str:
        """The facts on one line: `type: 21, content: ""`."""
        return ", ".join(f"{name}: {_said(shortened(value))}" for name, value in self.facts.items())


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP. `status` is a number, or NO_ANSWER and why; `body` is its JSON, None where it is none.

    `waited` counts the answers 429 that were waited out before it.
    """

    status: int | str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    waited: int = 0

    @property
    def ok(self) -> bool:
        return isinstance(self.status, int) and self.status < 300

    @property
    def code(self) -> int | str | None:
        """The service's own error code, as Discord and OpenAI name it."""
        if self.ok:
            return None
        inner = self.get("error")
        code = inner.get("code") if isinstance(inner, Mapping) else self.get("code")
        return code if isinstance(code, int | str) else None

    @property
    def id(self) -> int:
        """The number of what was made; 0 where there is none."""
        found = str(self.get("id")) if self.ok else ""
        return int(found) if found.isdecimal() else 0

    @property
    def items(self) -> list[Any]:
        """The body where it is a list, else nothing."""
        return self.body if isinstance(self.body, list) else []

    @property
    def limits(self) -> dict[str, Any]:
        """What the headers say of rate limits."""
        named = {name.lower(): value for name, value in self.headers.items()}
        return {name: value for name, value in named.items() if "ratelimit" in name or name == "retry-after"}

    def get(self, name: str, default: Any = None) -> Any:
        """A field of the body; `default` where the body is no object or has no such field."""
        return self.body.get(name, default) if isinstance(self.body, Mapping) else default


def shortened(value: Any) -> Any:
    """A value with each id of 15 digits or more cut to its last four, and texts to 300 characters."""
    if isinstance(value, Mapping):
        return {str(key): shortened(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [shortened(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**14 else f"…{str(value)[-4:]}"
    return _IDS.sub(lambda found: f"…{found[0][-4:]}", str(value))[:_SHOWN_MAX]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_said(item)}" for key, item in value.items()) + "}"
    return '""' if value == "" else str(value)
