"""Answers have the media of their offers, in their order, and the same each time."""

from fakeai.content.sdp import answer, is_offer
from fakeai.core.chance import Chance

OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1 2",
        "m=audio 9 UDP/TLS/RTP/SAVPF 96 111 0",
        "a=mid:0",
        "a=rtpmap:96 telephone-event/8000",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10",
        "m=video 9 UDP/TLS/RTP/SAVPF 100",
        "a=mid:1",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=mid:2",
        "a=sctp-port:5000",
        "",
    ]
)


def test_media_are_answered_in_the_order_of_the_offer() -> None:
    told = answer(OFFER, Chance("1")).split("\r\n")
    assert [line for line in told if line.startswith("m=")] == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 0 UDP/TLS/RTP/SAVPF 100",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert "a=group:BUNDLE 0 2" in told and "a=rtpmap:111 opus/48000/2" in told and "a=fmtp:111 minptime=10" in told
    assert told.count("a=setup:active") == 2
    assert told[0] == "v=0" and told[-1] == ""


def test_answers_depend_on_chance_alone() -> None:
    assert answer(OFFER, Chance("1")) == answer(OFFER, Chance("1"))
    assert answer(OFFER, Chance("1")) != answer(OFFER, Chance("2"))


def test_what_is_no_offer_is_told_from_one_and_answered_without_media() -> None:
    assert is_offer(OFFER)
    assert not is_offer("x") and not is_offer("v=0\r\ns=-\r\n")
    assert "m=" not in answer("x", Chance("1"))


def test_media_are_bounded() -> None:
    assert answer("v=0\n" + "m=audio 9 RTP 0\n" * 1_000, Chance("1")).count("m=audio") == 16
