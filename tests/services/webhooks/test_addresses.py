"""What leads to this machine or its network is not sent to, however it is spelled."""

from ipaddress import ip_address

import pytest

from fakeai.services.webhooks.addresses import Unfit, is_public, target

PRIVATE_HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7F.1",
    "0177.0.0.1",
    "017700000001",
    "127.000.000.001",
    "127.0.0.1.",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "100.64.0.1",
    "100.127.255.254",
    "198.18.0.1",
    "192.0.2.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
]
GARBLED = [
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "https:/example.com/",
    "https://",
    "https:///x",
    "https://me@example.com/",
    "https://me:pw@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:x/",
    "https://exa mple.com/",
    "https://example.com/\r\nHost: x",
    "https://example.com/#fragment",
    "https://ⓔxample.com/",
    "https://１２７.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://256.1.1.1/",
    "https://1.2.3.4.5/",
    "https://08.0.0.1/",
    "https://[::1%25lo]/",
    "https://[1::2::3]/",
    "https://" + "a" * 254 + "/",
    " https://example.com/",
    "https://example.com/ü",
]
PUBLIC = [
    ("https://example.com", "example.com", 443, "/", "example.com"),
    ("HTTPS://Example.COM./Hook?a=1&b=%20", "example.com", 443, "/Hook?a=1&b=%20", "example.com"),
    ("https://example.com:8443?x", "example.com", 8443, "/?x", "example.com:8443"),
    ("https://93.184.216.34/", "93.184.216.34", 443, "/", "93.184.216.34"),
    ("https://[2606:4700::1111]:444/", "2606:4700::1111", 444, "/", "[2606:4700::1111]:444"),
    ("https://xn--mnchen-3ya.de/", "xn--mnchen-3ya.de", 443, "/", "xn--mnchen-3ya.de"),
]


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_a_host_that_is_not_public_is_refused_and_allowed_by_the_setting(host: str) -> None:
    with pytest.raises(Unfit, match="not on the public internet"):
        target(f"https://{host}/hook", allow_private=False)
    assert target(f"http://{host}:8080/hook", allow_private=True).port == 8080


@pytest.mark.parametrize("url", GARBLED)
@pytest.mark.parametrize("allow_private", [False, True])
def test_what_is_no_plain_url_is_refused_in_any_case(url: str, allow_private: bool) -> None:
    with pytest.raises(Unfit):
        target(url, allow_private=allow_private)


@pytest.mark.parametrize(("url", "host", "port", "path", "authority"), PUBLIC)
def test_parts_of_a_public_url(url: str, host: str, port: int, path: str, authority: str) -> None:
    found = target(url, allow_private=False)
    assert (found.scheme, found.host, found.port, found.path, found.authority) == ("https", host, port, path, authority)


def test_plain_http_takes_the_setting() -> None:
    with pytest.raises(Unfit, match="https"):
        target("http://example.com/", allow_private=False)
    assert target("http://example.com/", allow_private=True).port == 80


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2002:808:808::1", "::ffff:8.8.8.8"]
)
def test_public_addresses_stay_so_in_their_wraps(address: str) -> None:
    assert is_public(ip_address(address))
