"""Which addresses may be sent to: parts of a URL, and whether a host is one of the public internet.

Knows spellings, asks no resolver: what a name leads to is looked at when it is sent to.
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

# No backslash, no user, nothing but ASCII: there is one way to read what fits this.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_-](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>[/?][!-\"$-\[\]-~]*)?",
    re.IGNORECASE,
)
_PORTS = (("http", 80), ("https", 443))
_OWN = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


class Unfit(ValueError):
    """Not an address that is sent to; says why, in the words of whoever gave it."""


class Target(NamedTuple):
    """Where a message goes. `host` has no brackets; `literal` is the address if it is one, however it is spelled."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if (self.scheme, self.port) in _PORTS else f"{host}:{self.port}"


def target(url: str, *, allow_private: bool) -> Target:
    """The parts of a URL. Raises Unfit for one that can be seen not to be sent to, whatever its name leads to."""
    found = _URL.fullmatch(url)
    if found is None:
        raise Unfit("it is not a URL such as 'https://example.com/hook'")
    scheme, host = found["scheme"].lower(), found["host"].lower().strip("[]").rstrip(".")
    port = int(found["port"] or dict(_PORTS)[scheme])
    if not 0 < port < 65_536:
        raise Unfit("it has no such port")
    path = found["path"] or "/"
    made = Target(scheme, host, port, path if path.startswith("/") else f"/{path}", _literal(host))
    if not allow_private:
        if scheme != "https":
            raise Unfit("it should be an https URL")
        own = host in _OWN or host.endswith(".localhost")
        if own or (made.literal is not None and not is_public(made.literal)):
            raise Unfit("its host is not on the public internet")
    return made


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _literal(host: str) -> Address | None:
    """The address that a host spells out: dotted, or by one number, in whatever base. Raises Unfit for a garbled one."""
    last = host.rpartition(".")[2]
    if ":" not in host and not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        return None
    try:
        return ip_address(host) if ":" in host else IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        raise Unfit("its host is not an address") from None
