"""Prompts that no picture is made of."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.images.blocking import Blocked, check_prompt

THREAT = "I will kill you and your family"


async def test_harmless_prompts_pass() -> None:
    await check_prompt("A cat that kills time on a sofa", None)
    await check_prompt("sea " * 8_000, "auto")


async def test_what_is_flagged_is_blocked_with_its_categories() -> None:
    with pytest.raises(Blocked) as refused:
        await check_prompt(THREAT, "auto")
    assert (refused.value.type, refused.value.code) == ("image_generation_user_error", "moderation_blocked")
    assert "safety_violations=[harassment" in refused.value.message


async def test_long_prompts_are_judged_to_their_end() -> None:
    with pytest.raises(Blocked):
        await check_prompt("sea and sun " * 1_000 + THREAT, None)


async def test_low_lets_pass_what_is_not_the_worst() -> None:
    await check_prompt(THREAT, "low")


async def test_old_models_have_words_of_their_own() -> None:
    with pytest.raises(BadRequest) as refused:
        await check_prompt(THREAT, None, legacy=True)
    assert refused.value.code == "content_policy_violation"
    assert refused.value.type == "invalid_request_error"
