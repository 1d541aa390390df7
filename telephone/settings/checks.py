"""What the values of settings may be.

Each check takes a value without blanks and quotes around it and returns it as it is used. What cannot be used is a
ValueError: half a sentence that says what is wrong, and what to write.
"""

import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import BeforeValidator
from pydantic_core import PydanticUseDefault

_INVISIBLE: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_QUOTES: Final = {'"': '"', "'": "'", "`": "`", "“": "”", "”": "”", "„": "“", "‘": "’", "’": "’", "«": "»"}
_HOST: Final = re.compile(r"[^\W_]([\w-]*\w)?(\.[^\W_]([\w-]*\w)?)*\.?|\w[\w-]*")
_LOCAL: Final = re.compile(r"localhost|[^.]+|.*\.(local|lan|internal|home|localhost)|\d+\.\d+\.\d+\.\d+|\[.*\]")
_PLACES: Final = ("file", "s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss", "https", "http", "memory")
_NAMED_BY_USER: Final = ("az", "adl", "azure", "abfs", "abfss")
"""Places whose addresses may name a container before an @."""
_OLLAMA: Final = re.compile(r"/api/(generate|chat|embed|embeddings|tags|show|ps|version)$")
_ENDPOINTS: Final = re.compile(
    r"((/chat)?/completions|/images/\w+|/audio/\w+|/models|/responses|/embeddings|/moderations)$|(?<=/v1)(/v1)+$"
)
_VARIABLE: Final = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_]\w*))|(?:^|(?<=[/\\]))%([A-Za-z_]\w{2,})%", re.ASCII)
"""$NAME and ${NAME} anywhere, and %NAME% where a part of a path begins: elsewhere it may be an escape such as %BC."""


def clean(text: str) -> str:
    """The text without the blanks, invisible characters and pairs of quotation marks that stand around it."""
    while True:
        bare = re.sub(rf"^[\s{_INVISIBLE}]+|[\s{_INVISIBLE}]+$", "", text)
        if len(bare) < 2 or _QUOTES.get(bare[0]) != bare[-1]:
            return bare
        text = bare[1:-1]


def written(check: Callable[[str], Any]) -> BeforeValidator:
    """The check for text as people write it; an empty one is the default. What is no text passes unchecked."""

    def checked(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        bare = clean(value)
        if not bare:
            raise PydanticUseDefault
        if any("\ud800" <= char <= "\udfff" for char in bare):
            raise ValueError("it is not in UTF-8; write it with letters that are")
        return check(bare)

    return BeforeValidator(checked)


def address(example: str, *, schemes: tuple[str, ...] = ("http", "https")) -> Callable[[str], str]:
    """A check for the address of a server: scheme, host and perhaps port and path, without a slash at its end."""

    def check(text: str) -> str:
        scheme, separator, rest = text.partition("://")
        if not separator:
            raise ValueError(_without_scheme(text, example, schemes))
        if scheme.lower() not in schemes:
            raise ValueError(f"{said(text)} begins with {scheme[:20]}://; write an address such as {example}")
        if re.search(r"[?#]", text):
            raise ValueError(f"{said(text)} has a part after its path; write it without ? and #, as {example} is")
        if (parts := _parts(text)) is None:
            raise ValueError(f"{said(text)} is no address; write one such as {example}")
        if "@" in rest.partition("/")[0]:
            raise ValueError(f"there is a user name in it; write the address alone, such as {example}")
        bare = f"{scheme.lower()}://{rest.rstrip('/')}"
        if parts.path and (end := re.search(r"[.,;:]+$", bare)):
            raise ValueError(f"{said(text)} ends with {end[0]}; write {bare[: end.start()]}")
        return bare

    return check


public_address: Final = address("https://draw.example.org")
gateway_address: Final = address("wss://gateway.discord.gg", schemes=("ws", "wss"))


def openai_address(text: str) -> str:
    """The address of an OpenAI-compatible server, up to /v1."""
    found = address("http://127.0.0.1:11434/v1")(text)
    if (path := _OLLAMA.search(found)) is not None:
        raise ValueError(f"{said(text)} ends with {path[0]}; write {found[: path.start()]}/v1")
    if (path := _ENDPOINTS.search(found)) is not None:
        raise ValueError(f"{said(text)} ends with {path[0]}; write {found[: path.start()]}")
    return found


def replicate_address(text: str) -> str:
    """The address of Replicate's API, without /v1."""
    found = address("https://api.replicate.com")(text)
    if (path := re.search(r"(?<!/)/v1/.*$", found)) is not None:
        raise ValueError(f"{said(text)} ends with {path[0]}; write {found[: path.start()]}")
    return found.removesuffix("/v1")


def discord_address(text: str) -> str:
    """The address of Discord's API, with its version."""
    found = address("https://discord.com/api/v10")(text)
    if re.search(r"/api/v\d+$", found) is None:
        base, version = re.sub(r"(?<!/)/(api|v\d+)(/.*)?$", "", found), re.search(r"(?<!/)/(v\d+)(/|$)", found)
        number = version[1] if version else "v10"
        raise ValueError(f"{said(text)} does not end with a version of the API; write {base}/api/{number}")
    return found


def secret(text: str) -> str:
    """A key or token: printable ASCII without blanks. It is never repeated in what is said."""
    if not text.isascii() or not text.isprintable() or re.search(r"[\s\"'`]", text):
        raise ValueError("it holds blanks, quotation marks or letters that no key has; copy it again, and it alone")
    if re.match(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*=[^=]", text):
        raise ValueError("it begins with the name of a setting; write what stands after its = alone")
    if re.fullmatch(r"\$[A-Z][A-Z0-9_]*|\$\{.*\}|%[A-Z][A-Z0-9_]*%|<.*>", text):
        raise ValueError("it is a name that stands for a key; write the key itself")
    if text.endswith((",", ";")):
        raise ValueError("it ends with a comma or semicolon; leave that out")
    return text


def discord_token(text: str) -> str:
    """A bot's token, without the word Bot that stands before it in requests."""
    return secret(re.sub(r"^Bot\s+", "", text, flags=re.IGNORECASE))


def folder(text: str) -> Path:
    """A path, with ~ for the home folder and variables of the environment such as $HOME."""
    if "\0" in text:
        raise ValueError("it holds a character that no path has; write a path such as /srv/telephone")
    if "://" in text:
        raise ValueError(f"{said(text)} is an address and no folder or file; write a path such as /srv/telephone")
    for name in _VARIABLE.finditer(text):
        if next(filter(None, name.groups()), "") not in os.environ:
            raise ValueError(f"it names {name[0]}, which is not set; set it, or write the path such as /srv/telephone")
    path = os.path.expanduser(os.path.expandvars(text))
    if path.startswith("~"):
        raise ValueError(f"{said(text)} begins with a home folder that is not here; write ~/ for your own, or ./~")
    return Path(path)


def database(text: str) -> str:
    """The address of a database, in the form that SQLAlchemy reads."""
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError

    how = "write one such as sqlite:////srv/telephone.sqlite or postgresql://user:password@host/name"
    if re.match(r"[/\\~$%]|\w:[/\\]", text) and (path := folder(text)).is_absolute():
        return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"it is no address of a database; {how}") from None
    url = url.set(drivername=url.drivername.lower())
    kind, _, driver = url.drivername.partition("+")
    if kind == "sqlite":
        if url.host is not None:
            raise ValueError("after sqlite: stand three slashes before a path, four before one from the root; " + how)
        if url.database in (None, "", ":memory:"):
            raise ValueError(f"a database in memory would forget every game; {how}")
        if "?" in text:
            raise ValueError(
                "a SQLite file takes no options; leave ? and what follows out, and write a ? in a name %3F"
            )
        return url.set(database=str(folder(url.database or ""))).render_as_string(hide_password=False)
    if kind not in ("postgres", "postgresql") or driver not in ("", "psycopg"):
        raise ValueError(f"it begins with {url.drivername[:30]}, and only SQLite and Postgres can be used; {how}")
    if "@" in (url.host or "") or re.search(r"[#?/]", text.partition("://")[2].rpartition("@")[0]):
        raise ValueError(
            "its password holds a sign that means something in addresses; write @ as %40, / as %2F, # as %23"
        )
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError("its port cannot be; write one from 1 to 65535, such as 5432")
    scheme, separator, rest = text.partition("://")
    return f"{scheme.lower()}{separator}{rest}"


def storage(text: str) -> str:
    """Where pictures lie: the address of a folder or bucket; a path from the root becomes the address of its folder."""
    how = "write a path such as /srv/pictures, or s3://bucket/folder, gs://bucket/folder or az://container/folder"
    scheme, separator, rest = text.partition("://")
    if not separator:
        path = folder(text)
        if not path.is_absolute():
            raise ValueError(f"{said(text)} is no address and no path from the root; {how}")
        return path.as_uri()
    if scheme.lower() not in _PLACES:
        raise ValueError(f"{said(text)} begins with {scheme[:20]}://, where no pictures can be stored; {how}")
    if scheme.lower() == "file":
        folder_of(text)
    elif re.search(r"[?#]", rest):
        raise ValueError("it has a part after its path; write it without ? and #, such as s3://bucket/folder")
    elif "@" in (host := rest.partition("/")[0]) and (":" in host or scheme.lower() not in _NAMED_BY_USER):
        raise ValueError("there is a user name in it; write the address alone, such as s3://bucket/folder")
    elif scheme.lower() != "memory" and not rest.strip("/"):
        raise ValueError(f"{said(text)} names no bucket; {how}")
    return f"{scheme.lower()}://{rest}"


def folder_of(url: str) -> Path:
    """The folder that a file:/// address names, its escapes resolved. Raises ValueError where it names none."""
    if re.search(r"[?#]", url):
        raise ValueError("in an address, ? is written %3F and # is written %23; write so, or the path alone")
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise ValueError(f"{said(url)} lacks a slash; after file: stand three, such as file:///srv/pictures")
    return Path(unquote(parts.path, errors="surrogateescape"))


def hosts(text: str) -> str:
    """Host names, by one blank each: a name, or *. and a name for all below it."""
    found = []
    for word in re.split(r"[\s,;]+", text.strip(" ,;")):
        name = word.removeprefix("*.")
        bare = name.removeprefix("[").removesuffix("]")
        if not _is_host(bare):
            host = _host_in(name) or "cdn.example.org"
            raise ValueError(f"{said(word)} is no host name; write {host}, without scheme, port or path")
        found.append(word[: -len(name)] + _plain(bare))
    return " ".join(found)


def networks(text: str) -> str:
    """Addresses and networks, by one blank each."""
    found = []
    for word in re.split(r"[\s,;]+", text.strip(" ,;")):
        try:
            found.append(str(ipaddress.ip_network(word, strict=False)))
        except ValueError:
            raise ValueError(f"{said(word)} is no address; write one or a network, such as 10.0.0.0/8") from None
    return " ".join(found)


def listening_host(text: str) -> str:
    """The name or number of an interface to listen on."""
    bare = text.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        if _is_host(text):
            return text
        raise ValueError(f"{said(text)} is no address to listen on; write 127.0.0.1, or 0.0.0.0 for all") from None


def port(text: str) -> int:
    """A port, from 0 to 65535."""
    if re.fullmatch(r"[0-9]{1,6}", text) and int(text) <= 65535:
        return int(text)
    raise ValueError(f"{said(text)} is no port; write a number from 0 to 65535, such as 8787")


def shards(text: str) -> int:
    """How many shards there are, from 1 to 10000."""
    if re.fullmatch(r"[0-9]{1,5}", text) and 1 <= int(text) <= 10_000:
        return int(text)
    raise ValueError(f"{said(text)} is no number of shards from 1 to 10000; write one such as 2")


def shard_ids(text: str) -> tuple[int, ...]:
    """Numbers of shards, each once and in order: single ones and ranges, by commas or blanks."""
    found: set[int] = set()
    for word in re.split(r"[\s,;]+", text.strip(" ,;")):
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < 10_000:
            raise ValueError(f"{said(word)} names no shards; write numbers from 0 such as 0,1, or a range such as 0-3")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def dollars(text: str) -> float:
    """An amount of dollars, from 0 to 10000."""
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?|\.[0-9]+", text) and float(text) <= 10_000:
        return float(text)
    raise ValueError(f"{said(text)} is no amount from 0 to 10000; write dollars as a number with a point, such as 2.50")


def seconds(text: str) -> float:
    """A time in seconds, up to a day."""
    if re.fullmatch(r"[0-9]{1,5}(\.[0-9]*)?", text) and float(text) <= 86_400:
        return float(text)
    raise ValueError(f"{said(text)} is no number of seconds from 0 to 86400; write one such as 300")


def days(text: str) -> int:
    """A number of whole days, from 1 to 3650."""
    if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= 3_650:
        return int(text)
    raise ValueError(f"{said(text)} is no number of days from 1 to 3650; write one such as 30")


def one_of(*words: str) -> Callable[[str], str]:
    """A check for one of these words, however it is capitalised."""

    def check(text: str) -> str:
        if text.lower() in words:
            return text.lower()
        raise ValueError(f"{said(text)} is none of its values; write {', '.join(words[:-1])} or {words[-1]}")

    return check


def said(text: str) -> str:
    """What somebody wrote, in quotation marks, on one line and not too long."""
    words = "".join(char if char.isprintable() else " " for char in text)
    return f"'{words[:80]}…'" if len(words) > 80 else f"'{words}'"


def _without_scheme(text: str, example: str, schemes: tuple[str, ...]) -> str:
    begins = re.match(r"(?:([a-z]+):|(https?|wss?)[;.,]?(?=[/\\]{2}))?[/\\]+", text, re.IGNORECASE)
    rest = text[begins.end() :] if begins else text
    parts = _parts(f"x://{rest}") if not re.search(r"[?#@\\]", rest) else None
    if parts is None:
        return f"{said(text)} is no address; write one such as {example}"
    secure = _LOCAL.fullmatch(parts.netloc.rpartition(":")[0] or parts.netloc) is None
    typed = (begins[1] or begins[2] or "").lower() if begins else ""
    scheme = typed if typed in schemes else schemes[secure]
    return f"{said(text)} lacks {scheme}:// at its beginning; write {scheme}://{rest}"


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None where its host or port cannot be."""
    try:
        parts = urlsplit(url)
        possible = parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:
        return None
    if re.search(r"[\s\\<>\"'`{}|^]", url) or not possible or parts.netloc.endswith(":"):
        return None
    return parts


def _is_host(host: str) -> bool:
    if ":" in host or re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return True
    return _HOST.fullmatch(host) is not None


def _host_in(text: str) -> str | None:
    """The host in what looks like an address, or like a host and a port."""
    parts = _parts(text if "://" in text else f"x://{text}")
    return parts.hostname if parts else None


def _plain(host: str) -> str:
    """A host name as requests name it: in small letters, other scripts in their ASCII form."""
    try:
        return host.lower().encode("idna").decode()
    except UnicodeError:
        raise ValueError(f"{said(host)} is no host name; write one such as cdn.example.org") from None
