"""How texts are read out, and sound decoded, is one of three words each."""

import pytest

from fakeai.settings import Settings, load


def test_the_synthesiser_is_whichever_is_there_unless_told():
    assert Settings().audio.synthesiser == "auto"
    assert load(flags={"audio.synthesiser": "plain"}, environ={}).audio.synthesiser == "plain"
    with pytest.raises(ValueError, match="espeak-ng"):
        load(flags={"audio.synthesiser": "loud"}, environ={})


def test_the_decoder_is_whichever_is_there_unless_told():
    assert Settings().audio.decoder == "auto"
    assert load(flags={"audio.decoder": "none"}, environ={}).audio.decoder == "none"
    with pytest.raises(ValueError, match="ffmpeg"):
        load(flags={"audio.decoder": "sox"}, environ={})
