"""From requests to orders."""

from typing import Any

from fakeai.core import catalog
from fakeai.services.images.plans import Plan, no_usage, plan
from fakeai.services.images.rules import family
from fakeai.services.images.sources import Sources
from fakeai.wire.images.request import ImageEdit, ImageGenerate

CATALOG = catalog.load()


def planned(model: str = "gpt-image-1.5", seed: bytes = b"s", sources: Sources | None = None, **asked: Any) -> Plan:
    card = CATALOG.cards[model]
    body = ImageGenerate(**{"prompt": "a cat", **asked})
    return plan("generation", body, card, family(card), sources or Sources(), seed, 5)


def test_what_is_not_said_is_as_usual() -> None:
    made = planned()
    assert (made.size, made.quality, made.background, made.pictures) == ("1024x1024", "high", "opaque", 1)
    assert (made.order.format, made.order.compression, made.order.partials) == ("png", 100, 0)
    assert not made.as_url
    assert planned("dall-e-2").as_url
    assert not planned("dall-e-2", response_format="b64_json").as_url


def test_equal_requests_have_equal_digests_and_each_picture_its_own() -> None:
    made = planned(n=2)
    assert made.nth(0) == planned(n=2).nth(0)
    assert made.nth(0).digest != made.nth(1).digest


def test_the_digest_is_of_what_is_seen_and_not_of_its_delivery() -> None:
    base = planned().order.digest
    for same in (
        {"output_format": "webp", "output_compression": 3},
        {"stream": True, "partial_images": 2},
        {"n": 3},
        {"user": "u"},
    ):
        assert planned(**same).order.digest == base
    for other in ({"prompt": "a dog"}, {"size": "1024x1536"}, {"quality": "low"}, {"background": "transparent"}):
        assert planned(**other).order.digest != base
    assert planned(seed=b"t").order.digest != base
    assert planned("gpt-image-1").order.digest != base


def test_tokens_are_of_the_prompt_the_sources_and_all_pictures() -> None:
    made = planned(n=2, quality="low", sources=Sources((b"",), ((1024, 1024),)))
    assert made.usage == {
        "input_tokens": 199,
        "input_tokens_details": {"image_tokens": 194, "text_tokens": 5},
        "output_tokens": 544,
        "output_tokens_details": {"image_tokens": 544, "text_tokens": 0},
        "total_tokens": 743,
    }
    assert planned("dall-e-2").usage is None
    assert no_usage()["total_tokens"] == 0


def test_an_edit_of_no_size_has_its_picture_s() -> None:
    card = CATALOG.cards["gpt-image-2"]
    body = ImageEdit(prompt="a")
    sources = Sources((b"",), ((640, 480),))
    assert plan("edit", body, card, family(card), sources, b"", 1).size == "640x480"
    body = ImageEdit(prompt="a", size="1024x1024")
    assert plan("edit", body, card, family(card), sources, b"", 1).size == "1024x1024"


def test_jpegs_are_never_transparent() -> None:
    assert not planned(background="transparent", output_format="jpeg").order.transparent
    assert planned(background="transparent").background == "transparent"


def test_a_safety_identifier_counts_before_a_user() -> None:
    assert planned(user="u").safety_identifier == "u"
    assert planned(user="u", safety_identifier="s").safety_identifier == "s"
    assert planned(user="u", safety_identifier="").safety_identifier == "u"
    assert planned().safety_identifier is None


def test_dall_e_3_says_how_it_took_the_prompt() -> None:
    assert "a cat" in (planned("dall-e-3").revised_prompt or "")
    assert planned("dall-e-3", style="natural").revised_prompt != planned("dall-e-3").revised_prompt
    assert planned().revised_prompt is None
