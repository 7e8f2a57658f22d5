"""An answer to a WebRTC offer (RFC 8866, RFC 9429): every medium that is offered, taken as far as we know it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from fakeai.core.chance import Chance

_MOST_BYTES = 65_536
_MOST_MEDIA = 16
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BACK: Mapping[str, str] = MappingProxyType(
    {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
)
_CODECS = ("opus", "pcmu", "pcma", "telephone-event")


class SdpError(ValueError):
    """It is no offer."""


def answer(offer: str, chance: Chance) -> str:
    """The answer. Raises SdpError."""
    if len(offer) > _MOST_BYTES:
        raise SdpError("it is too long")
    lines = [line.strip() for line in offer.splitlines() if line.strip()]
    if not lines or lines[0] != "v=0":
        raise SdpError("it does not begin with 'v=0'")
    media = _media(lines)
    if not media:
        raise SdpError("it offers no media")
    mids = [mid for one in media if (mid := _value(one, "a=mid:")) is not None]
    session = chance.below(2**62)
    head = ["v=0", f"o=- {session} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite", "a=msid-semantic: WMS realtime"]
    if mids:
        head.append(f"a=group:BUNDLE {' '.join(mids)}")
    ufrag = "".join(chance.pick(_ALPHABET) for _ in range(8))
    password = "".join(chance.pick(_ALPHABET) for _ in range(24))
    fingerprint = ":".join(f"{byte:02X}" for byte in chance.data(32))
    carried = [
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:passive",
    ]
    found = [line for one in media for line in _answered(one, carried)]
    return "".join(f"{line}\r\n" for line in [*head, *found])


def _media(lines: Sequence[str]) -> list[list[str]]:
    media: list[list[str]] = []
    for line in lines:
        if line.startswith("m="):
            media.append([])
        if media:
            media[-1].append(line)
    if len(media) > _MOST_MEDIA:
        raise SdpError("it offers too many media")
    return media


def _value(lines: Sequence[str], prefix: str) -> str | None:
    return next((line[len(prefix) :] for line in lines if line.startswith(prefix)), None)


def _answered(medium: Sequence[str], carried: Sequence[str]) -> list[str]:
    kind, *rest = medium[0][2:].split()
    if len(rest) < 3:
        raise SdpError(f"'{medium[0][:80]}' describes no medium")
    _, protocol, *formats = rest
    mid = _value(medium, "a=mid:")
    named = [] if mid is None else [f"a=mid:{mid}"]
    if kind == "application":
        return [
            f"m=application 9 {protocol} {' '.join(formats)}",
            "c=IN IP4 0.0.0.0",
            *named,
            *carried,
            "a=sctp-port:5000",
        ]
    codecs = [line for line in medium if line.startswith("a=rtpmap:") and _codec(line) in _CODECS]
    taken = [line[9:].split(" ")[0] for line in codecs]
    if kind != "audio" or not taken:
        return [f"m={kind} 0 {protocol} {' '.join(formats)}", "c=IN IP4 0.0.0.0", *named, "a=inactive"]
    way = next((way for way in _BACK if f"a={way}" in medium), "sendrecv")
    parameters = [line for line in medium if line.startswith("a=fmtp:") and line[7:].split(" ")[0] in taken]
    return [
        f"m=audio 9 {protocol} {' '.join(taken)}",
        "c=IN IP4 0.0.0.0",
        *named,
        *carried,
        "a=rtcp-mux",
        *codecs,
        *parameters,
        f"a={_BACK[way]}",
    ]


def _codec(line: str) -> str:
    return line.partition(" ")[2].partition("/")[0].lower()
