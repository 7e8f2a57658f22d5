"""What both doors know of WebSocket: how a client introduces itself, and how a talk begins and ends. No bytes of frames."""

import hashlib
import logging
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from fakeai.core.errors import BadRequest, UpgradeRequired
from fakeai.core.socket import DEFECT, NORMAL, ClientLeft, Socket, Talk

_log = logging.getLogger("fakeai.server")

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_OFFER = "sec-websocket-protocol"
_INTRODUCTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "openai-insecure-api-key.": ("authorization", "Bearer "),
        "openai-organization.": ("openai-organization", ""),
        "openai-project.": ("openai-project", ""),
        "openai-beta.": ("openai-beta", ""),
    }
)
"""Browsers cannot set headers of a WebSocket, so they say these as names of subprotocols."""


class Introduction(NamedTuple):
    """A client's headers as those of any other request, and the subprotocol to answer with, if any."""

    headers: dict[str, str]
    subprotocol: str | None


def introduction(headers: Mapping[str, str]) -> Introduction:
    """Read what the subprotocols offered say. Headers that are there count more."""
    offered = [name.strip() for name in headers.get(_OFFER, "").split(",") if name.strip()]
    said: dict[str, str] = {}
    chosen = None
    for name in offered:
        header = next((_INTRODUCTIONS[prefix] for prefix in _INTRODUCTIONS if name.startswith(prefix)), None)
        if header is None:
            chosen = chosen or name
            continue
        value = name.partition(".")[2]
        if header[0] == "openai-beta":
            value = value.replace("-", "=", 1)  # openai-beta.realtime-v1 is `OpenAI-Beta: realtime=v1`
        said.setdefault(header[0], header[1] + value)
    return Introduction({**said, **headers}, chosen)


def accepting(headers: dict[str, str], subprotocol: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """`headers`, and those that accept the handshake; raises UpgradeRequired and BadRequest for one that is none."""
    if headers.get("sec-websocket-version") != "13":
        raise UpgradeRequired("Your WebSocket request must be of version 13.")
    key = headers.get("sec-websocket-key", "").strip().encode("latin-1")
    try:
        nonce = b64decode(key, validate=True)
    except Error:
        nonce = b""
    if len(nonce) != 16:
        raise BadRequest("Your WebSocket request has no valid Sec-WebSocket-Key header.")
    accept = b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
    answer = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": accept}
    return headers, answer if subprotocol is None else {**answer, _OFFER: subprotocol}


async def converse(talk: Talk, socket: Socket, request_id: str) -> None:
    """Hold the talk and close the socket. A talk that fails is logged in full, and told to nobody."""
    code, reason = NORMAL, ""
    try:
        await talk(socket)
    except ClientLeft:
        pass
    except Exception as error:  # noqa: BLE001  # the last line, as for any other call
        _log.error("a talk failed", exc_info=error, extra={"request_id": request_id})
        code, reason = DEFECT, f"The server had an error. (Request id: {request_id})"
    await socket.close(code, reason)


class Gone:
    """The socket of a client that left before its talk began."""

    async def receive(self) -> str | bytes | None:
        """Nothing comes."""
        return None

    async def send(self, message: str | bytes) -> None:
        """Nobody hears."""
        raise ClientLeft

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """It is over."""
