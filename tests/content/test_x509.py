"""Certificates are read as OpenSSL reads them, and nothing else is taken for one."""

from hashlib import sha256

import pytest
from certificates import FINGERPRINT, OPENSSL, certificate, common_name, der, pem
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.x509 import LONGEST, read


def test_a_certificate_says_whose_it_is_and_how_long() -> None:
    assert read(OPENSSL) == (1_795_855_886, 2_111_215_886, "client.example", FINGERPRINT)
    made = certificate()
    assert read(pem(made)) == (1_767_225_600, 2_556_144_000, "made.example", sha256(made).hexdigest())


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (common_name("Jürgen", 0x14, "latin-1"), "Jürgen"),
        (common_name("名前", 0x1E, "utf-16-be"), "名前"),
        (der(0x30), None),
        (der(0x30, der(0x31, der(0x30, der(0x06, bytes.fromhex("55040a")), der(0x0C, b"Tests")))), None),
    ],
)
def test_names_are_text_in_their_own_alphabet(subject: bytes, name: str | None) -> None:
    assert read(pem(certificate(subject=subject))).name == name


def test_years_of_two_digits_are_near() -> None:
    first = der(0x17, b"500101000000Z")
    assert read(pem(certificate(begins=first, version=b""))).valid_at == -631_152_000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("certificate", "not one certificate in PEM"),
        (OPENSSL * 2, "not one certificate in PEM"),
        (OPENSSL.replace("CERTIFICATE", "PRIVATE KEY"), "not one certificate in PEM"),
        (OPENSSL.replace("MIIBpz", "MIIBp="), "no Base64"),
        ("-" * (LONGEST + 1), "at most"),
        (pem(certificate() + b"\0"), "something follows"),
        (pem(certificate()[:-1]), "cut short"),
        (pem(b"\x30"), "cut short"),
        (pem(b"\x30\x80\0\0"), "a length that cannot be"),
        (pem(b"\x30\x84\x01\0\0\0\0"), "a length that cannot be"),
        (pem(der(0x31, certificate())), "no certificate"),
        (pem(certificate(begins=der(0x17, b"2601010000Z"))), "a time that cannot be"),
        (pem(certificate(begins=der(0x17, b"261301000000Z"))), "a time that cannot be"),
        (pem(certificate(begins=der(0x18, b"20600101000000Z"))), "ends before it begins"),
        (
            pem(certificate(subject=der(0x30, *[common_name("x")[2:].replace(b"\x55\x04\x03", b"\x55\x04\x0a")] * 65))),
            "more names",
        ),
    ],
)
def test_what_is_no_certificate_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text)


@given(st.data())
def test_damaged_certificates_are_read_or_refused(data: st.DataObject) -> None:
    made = bytearray(certificate())
    for _ in range(data.draw(st.integers(1, 4))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(pem(bytes(made)))
    except ValueError:
        return
    assert found.valid_at <= found.expires_at
