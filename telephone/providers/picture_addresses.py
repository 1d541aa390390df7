"""Where the picture lies that a server of one's own answers with: at the address that we reach the server by.

Such a server knows itself by another name than we do: as `localhost` inside its container, as `0.0.0.0` since it
listens there, by plain http behind a proxy that speaks https, or by no name at all in a relative address.
"""

import ipaddress
import re
from typing import Final

from yarl import URL

_PORTS: Final = {"http": 80, "https": 443}
_NO_SCHEME: Final = re.compile(r"[\w.-]+:\d{1,5}(?:/|$)|\[[0-9a-fA-F:]+\](?::\d{1,5})?/")


def resolved(address: str, server: str) -> str:
    """The address to fetch a picture from; `server` is the one that answered, such as http://127.0.0.1:8080/v1.

    Addresses of any other host, or of another port that is named, are returned as they are.
    """
    base = URL(server)
    if base.host is None:
        return address
    if _NO_SCHEME.match(address):
        address = f"{base.scheme}://{address}"
    try:
        url = URL(address)
        if not url.scheme and not url.host:
            return str(base.origin().join(URL(f"/{address.lstrip('/')}", encoded=True)))
        if not url.scheme:
            url = base.join(url)
        itself = _is_here(url.host or "") or (url.host or "").lower().rstrip(".") == base.host.lower().rstrip(".")
        by_default = url.explicit_port is None or url.port == _PORTS.get(url.scheme)
        if url.scheme not in _PORTS or not itself or not (url.port == base.port or by_default):
            return address
        here = base.origin()
        return str(url.with_scheme(here.scheme).with_host(here.host or "").with_port(here.port))
    except ValueError:
        return address


def _is_here(host: str) -> bool:
    """Whether a host means the machine that names it: localhost, a loopback address, or one that stands for all."""
    name = host.lower().rstrip(".")
    if name in ("localhost", "host.docker.internal") or name.endswith(".localhost"):
        return True
    try:
        literal = ipaddress.ip_address(name)
    except ValueError:
        return False
    return literal.is_loopback or literal.is_unspecified
