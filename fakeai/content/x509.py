"""X.509 certificates in PEM: who each is of and how long it counts. Verifies no signature and follows no chain."""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

LONGEST = 65_536
"""Characters of the longest PEM that is read."""

_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")
_SEQUENCE, _SET, _INTEGER, _NAME, _BITS, _VERSION = 0x30, 0x31, 0x02, 0x06, 0x03, 0xA0
_UTC, _GENERAL = 0x17, 0x18
_COMMON_NAME = bytes.fromhex("550403")
_TEXTS: Mapping[int, str] = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_MOST_NAMES = 64
_YEARS_OF_1900 = 50
"""Two-digit years from here on are of the last century."""


class Certificate(NamedTuple):
    """What a certificate says. Times are epoch seconds; `name` is its subject's common name, if it has one."""

    valid_at: int
    expires_at: int
    name: str | None
    fingerprint: str
    """SHA-256 of the certificate, in hexadecimal digits."""


class _Item(NamedTuple):
    tag: int
    start: int
    end: int


def read(pem: str) -> Certificate:
    """The one certificate in `pem`. Raises ValueError for what is none, is two, or is longer than LONGEST."""
    if len(pem) > LONGEST:
        raise ValueError(f"a certificate has {LONGEST} characters at most")
    found = _PEM.fullmatch(pem)
    if found is None:
        raise ValueError("this is not one certificate in PEM")
    try:
        der = b64decode("".join(found[1].split()), validate=True)
    except binascii.Error as error:
        raise ValueError("this is no Base64") from error
    return _read(der)


def _read(der: bytes) -> Certificate:
    whole = _item(der, 0, len(der), _SEQUENCE)
    if whole.end != len(der):
        raise ValueError("something follows the certificate")
    signed = _item(der, whole.start, whole.end, _SEQUENCE)
    algorithm = _item(der, signed.end, whole.end, _SEQUENCE)
    _item(der, algorithm.end, whole.end, _BITS)
    at = signed.start
    if at < signed.end and der[at] == _VERSION:
        at = _item(der, at, signed.end, _VERSION).end
    for tag in (_INTEGER, _SEQUENCE, _SEQUENCE):  # serial number, algorithm, issuer
        at = _item(der, at, signed.end, tag).end
    validity = _item(der, at, signed.end, _SEQUENCE)
    subject = _item(der, validity.end, signed.end, _SEQUENCE)
    _item(der, subject.end, signed.end, _SEQUENCE)  # the public key
    begins = _item(der, validity.start, validity.end)
    ends = _item(der, begins.end, validity.end)
    times = _time(der, begins), _time(der, ends)
    if times[0] > times[1]:
        raise ValueError("it ends before it begins")
    return Certificate(*times, _common_name(der, subject), sha256(der).hexdigest())


def _item(der: bytes, at: int, end: int, tag: int | None = None) -> _Item:
    """The item at `at`, whose content lies within `end`. Raises ValueError for another tag, or a length that cannot be."""
    if at + 2 > end:
        raise ValueError("it is cut short")
    size, start = der[at + 1], at + 2
    if size > 0x80:
        digits = size - 0x80
        if digits > 3 or start + digits > end:
            raise ValueError("it has a length that cannot be")
        size, start = int.from_bytes(der[start : start + digits]), start + digits
    elif size == 0x80:
        raise ValueError("it has a length that cannot be")
    if start + size > end:
        raise ValueError("it is cut short")
    if tag is not None and der[at] != tag:
        raise ValueError("it is no certificate")
    return _Item(der[at], start, start + size)


def _time(der: bytes, item: _Item) -> int:
    text = der[item.start : item.end].decode("ascii", "replace")
    if item.tag == _UTC and re.fullmatch(r"[0-9]{12}Z", text):
        text = ("19" if int(text[:2]) >= _YEARS_OF_1900 else "20") + text
    elif item.tag != _GENERAL or not re.fullmatch(r"[0-9]{14}Z", text):
        raise ValueError("it has a time that cannot be")
    try:
        return int(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise ValueError("it has a time that cannot be") from error


def _common_name(der: bytes, subject: _Item) -> str | None:
    at = subject.start
    for _ in range(_MOST_NAMES):
        if at >= subject.end:
            return None
        names = _item(der, at, subject.end, _SET)
        one = _item(der, names.start, names.end, _SEQUENCE)
        kind = _item(der, one.start, one.end, _NAME)
        value = _item(der, kind.end, one.end)
        if der[kind.start : kind.end] == _COMMON_NAME:
            return der[value.start : value.end].decode(_TEXTS.get(value.tag, "utf-8"), "replace")
        at = names.end
    raise ValueError("it has more names than anybody")
