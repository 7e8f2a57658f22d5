"""Answers to offers of WebRTC connections: well-formed, and with nobody behind their addresses.

Knows lines of SDP (RFC 8866, RFC 8829) and no sockets: a client that applies an answer waits for a connection that does not come.
"""

from typing import NamedTuple

from fakeai.core.chance import Chance

_TAKEN = ("audio", "application")
"""Kinds of media that are answered; others are declined."""
_CODECS = ("opus", "pcmu", "pcma", "g722")
_PORT = 9
"""Where WebRTC says that addresses come later."""
_MOST_MEDIA = 16


class _Media(NamedTuple):
    kind: str
    protocol: str
    formats: list[str]
    lines: list[str]

    def value(self, name: str) -> str | None:
        """What the first attribute of that name says."""
        head = f"a={name}:"
        return next((line[len(head) :] for line in self.lines if line.startswith(head)), None)


def is_offer(sdp: str) -> bool:
    """Whether this describes a session with media."""
    return sdp.startswith("v=0") and bool(_media(sdp))


def answer(offer: str, chance: Chance) -> str:
    """The server's side: the first codec that it knows of each sound, data channels, and addresses of nobody."""
    media = _media(offer)
    session = chance.below(2**53)
    ufrag, password = (chance.data(size).hex() for size in (4, 12))
    fingerprint = ":".join([f"{byte:02X}" for byte in chance.data(32)])
    mids = [one.value("mid") or str(at) for at, one in enumerate(media)]
    taken = [mid for mid, one in zip(mids, media, strict=True) if one.kind in _TAKEN]
    lines = ["v=0", f"o=- {session} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {' '.join(taken)}".rstrip()]
    for mid, one in zip(mids, media, strict=True):
        if one.kind not in _TAKEN:
            lines += [f"m={one.kind} 0 {one.protocol} {' '.join(one.formats)}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}"]
            continue
        formats, more = _sound(one) if one.kind == "audio" else (one.formats, _channel(one))
        lines += [
            f"m={one.kind} {_PORT} {one.protocol} {' '.join(formats)}",
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{ufrag}",
            f"a=ice-pwd:{password}",
            f"a=fingerprint:sha-256 {fingerprint}",
            "a=setup:active",
            f"a=mid:{mid}",
            *more,
        ]
    return "\r\n".join([*lines, ""])


def _sound(one: _Media) -> tuple[list[str], list[str]]:
    maps = [line for line in one.lines if line.startswith("a=rtpmap:")]
    named = {line[9:].partition(" ")[0]: line for line in maps}
    known = [form for form in one.formats if named.get(form, "").partition(" ")[2].lower().startswith(_CODECS)]
    chosen = (known or one.formats)[:1]
    told = [named[form] for form in chosen if form in named]
    settings = [line for form in chosen for line in one.lines if line.startswith(f"a=fmtp:{form} ")]
    return chosen, [*told, *settings, "a=rtcp-mux", "a=sendrecv"]


def _channel(one: _Media) -> list[str]:
    return [f"a=sctp-port:{one.value('sctp-port') or '5000'}", "a=max-message-size:262144"]


def _media(sdp: str) -> list[_Media]:
    found: list[_Media] = []
    for line in sdp[:65_536].splitlines():
        if line.startswith("m=") and len(parts := line[2:].split()) >= 4 and len(found) < _MOST_MEDIA:
            found.append(_Media(parts[0], parts[2], parts[3:], []))
        elif found:
            found[-1].lines.append(line)
    return found
