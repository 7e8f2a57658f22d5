"""One message to one address, and what came of it.

A name is resolved once, all that it leads to is looked at, and what was looked at is dialled: a name that leads elsewhere
a moment later, or an answer that points elsewhere, leads nowhere.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from fakeai.core.clock import Clock, in_pool, within
from fakeai.services.webhooks.addresses import Address, Target, Unfit, is_public, target

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

_MOST_READ = 64 * 2**10
"""Bytes of an answer that are read."""
_MOST_DIALLED = 4
_RESOLVERS = 8
_AGENT = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"


class Outcome(NamedTuple):
    """The status that was answered; or None, and why there is none, in words that tell of no address."""

    status: int | None
    fault: str = ""

    @property
    def arrived(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Posts JSON. Virtual time stands still meanwhile; `timeout_s` is real seconds for all of it."""

    def __init__(self, clock: Clock, *, allow_private: bool, timeout_s: float) -> None:
        self.allow_private = allow_private
        self._clock = clock
        self._timeout_s = timeout_s
        self._trusted: SSLContext | None = None
        self._resolvers: ThreadPoolExecutor | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Post it; raises nothing that the receiver can bring about."""
        import httpx

        with self._clock.hold():
            try:
                async with within(self._timeout_s):
                    return await self._post(target(url, allow_private=self.allow_private), headers, body)
            except TimeoutError:
                return Outcome(None, f"it did not answer within {self._timeout_s:g} seconds")
            except Unfit as unfit:
                return Outcome(None, str(unfit))
            except httpx.HTTPError as error:
                met = not isinstance(error, httpx.ConnectError)
                return Outcome(None, "it did not answer as HTTP has it" if met else "it could not be connected to")
            except (OSError, UnicodeError):
                return Outcome(None, "its host could not be found")

    async def _post(self, to: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
        import httpx

        addresses = await self._addresses(to)
        if self._trusted is None and to.scheme == "https":
            self._trusted = await in_pool(None, httpx.create_ssl_context)
        told = {
            "host": to.authority,
            "user-agent": _AGENT,
            "content-type": "application/json",
            "accept-encoding": "identity",
            "connection": "close",
            **headers,
        }
        for place, address in enumerate(addresses, 1):
            transport = httpx.AsyncHTTPTransport(verify=self._trusted or False, trust_env=False)
            request = httpx.Request("POST", _url(to, address), headers=told, content=body)
            request.extensions = {"sni_hostname": to.host}
            try:
                return Outcome(await _status(transport, request))
            except httpx.ConnectError:
                if place == len(addresses):
                    raise
            finally:
                await transport.aclose()
        raise Unfit("its host could not be found")

    async def _addresses(self, to: Target) -> Sequence[Address]:
        """Where to dial. Raises Unfit if any of them is not to be dialled: who answers with both has something in mind."""
        if to.literal is not None:
            found: Sequence[Address] = [to.literal]
        else:
            if self._resolvers is None:
                self._resolvers = ThreadPoolExecutor(_RESOLVERS, "webhooks-names")
            loop = asyncio.get_running_loop()
            rows = await loop.run_in_executor(self._resolvers, _resolve, to.host, to.port)
            found = list(dict.fromkeys(ip_address(row[4][0].partition("%")[0]) for row in rows))
        if not self.allow_private and not all(is_public(address) for address in found):
            raise Unfit("its host is not on the public internet")
        return found[:_MOST_DIALLED]


def _resolve(host: str, port: int) -> "list[tuple[int, int, int, str, tuple[str, int]]]":
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # type: ignore[return-value]  # addresses of IPv6 are longer


def _url(to: Target, address: Address) -> str:
    """The URL with the address in the place of the name, so that nobody resolves it again."""
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"{to.scheme}://{host}:{to.port}{to.path}"


async def _status(transport: "httpx.AsyncHTTPTransport", request: "httpx.Request") -> int:
    """The status of the answer, of whose body a little is read: a receiver is not to find the connection cut."""
    response = await transport.handle_async_request(request)
    try:
        size = 0
        async for part in response.stream:  # type: ignore[union-attr]  # an asynchronous transport has such
            size += len(part)
            if size >= _MOST_READ:
                break
    finally:
        await response.aclose()
    return response.status_code
