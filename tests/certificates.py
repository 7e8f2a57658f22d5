"""Certificates for tests: one that OpenSSL has made, and others that are put together here."""

from base64 import encodebytes

OPENSSL = """\
-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUL0eQUfqt6J0SNB7cr32PD2YkjzQwCgYIKoZIzj0EAwIw
KTEOMAwGA1UECgwFVGVzdHMxFzAVBgNVBAMMDmNsaWVudC5leGFtcGxlMB4XDTI2
MTEyODA4NTEyNloXDTM2MTEyNTA4NTEyNlowKTEOMAwGA1UECgwFVGVzdHMxFzAV
BgNVBAMMDmNsaWVudC5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
FxF4LkgMdo258vX7w0V79ctOA5EHJWSvxxQqSCrz2PvBtjvNBDOGE2BFbNOKRzIN
DvDsPA7cJPDnp3HAiXAbSKNTMFEwHQYDVR0OBBYEFN3OUkOsCGQDz1xgocWkAeTS
SAosMB8GA1UdIwQYMBaAFN3OUkOsCGQDz1xgocWkAeTSSAosMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgUZTjQZ0/H3SiXs02/rYCTyu6GK9VLpTm
bQr1XfOdFW8CIQCuEnlvuFlZKmHsUYwraHccy06TF80rh6VyUsTyESMFgg==
-----END CERTIFICATE-----
"""
"""Of client.example, from 1795855886 to 2111215886."""
FINGERPRINT = "2bdf092707f9b5a4e5f968c69006e39efefac8e079ed140dade883f9e78791b9"
"""What OpenSSL says of it."""


def der(tag: int, *parts: bytes) -> bytes:
    """An item of DER."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 + len(digits)]) + digits + content


def common_name(text: str, tag: int = 0x0C, encoding: str = "utf-8") -> bytes:
    """A subject with one name."""
    pair = der(0x30, der(0x06, bytes.fromhex("550403")), der(tag, text.encode(encoding)))
    return der(0x30, der(0x31, pair))


def certificate(
    *,
    begins: bytes = der(0x17, b"260101000000Z"),
    ends: bytes = der(0x18, b"20510101000000Z"),
    subject: bytes = common_name("made.example"),
    version: bytes = der(0xA0, der(0x02, b"\2")),
) -> bytes:
    """The DER of a certificate that nobody has signed."""
    algorithm = der(0x30, der(0x06, bytes.fromhex("2a8648ce3d040302")))
    key = der(0x30, algorithm, der(0x03, b"\0" * 66))
    signed = der(0x30, version, der(0x02, b"\1"), algorithm, der(0x30), der(0x30, begins, ends), subject, key)
    return der(0x30, signed, algorithm, der(0x03, b"\0" * 72))


def pem(made: bytes) -> str:
    """The PEM of some DER."""
    return f"-----BEGIN CERTIFICATE-----\n{encodebytes(made).decode()}-----END CERTIFICATE-----\n"
