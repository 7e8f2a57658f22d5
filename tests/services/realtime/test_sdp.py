"""Answers to offers: each medium in its place, ways turned round, and nothing that was not offered."""

import pytest

from fakeai.core.chance import Chance
from fakeai.services.realtime.sdp import SdpError, answer
from fakeai.wire.realtime.calls import OFFER

VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n"
DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sctp-port:5000\r\n"


def test_sound_and_data_are_taken_and_pictures_are_not() -> None:
    lines = answer(OFFER + VIDEO + DATA, Chance(1)).split("\r\n")
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert "a=group:BUNDLE 0 1 2" in lines and "a=setup:passive" in lines and "a=rtpmap:111 opus/48000/2" in lines
    assert lines[0] == "v=0" and lines[-1] == ""


@pytest.mark.parametrize(
    ("offered", "answered"), [("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")]
)
def test_ways_are_turned_round(offered: str, answered: str) -> None:
    assert f"a={answered}\r\n" in answer(OFFER.replace("sendrecv", offered), Chance(1))


def test_the_same_offer_is_answered_alike_by_the_same_chance() -> None:
    assert answer(OFFER, Chance(1)) == answer(OFFER, Chance(1)) != answer(OFFER, Chance(2))


@pytest.mark.parametrize(
    "offer", ["", "hello", "v=0\r\n", "v=0\r\nm=audio\r\n", OFFER * 500, "v=0\r\n" + "m=audio 9 RTP/AVP 0\r\n" * 17]
)
def test_what_is_no_offer_is_refused(offer: str) -> None:
    with pytest.raises(SdpError):
        answer(offer, Chance(1))
