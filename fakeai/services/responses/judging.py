"""Moderation beside a response: what was asked and what was answered are judged, and may be held back."""

from collections.abc import Sequence
from typing import Any

from fakeai.content.moderation import moderate
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject, Message
from fakeai.wire.chat import ModerationOptions

_READ = 100_000


class Judge:
    """Judges one response as its request wants it."""

    def __init__(self, options: ModerationOptions, messages: Sequence[Message]) -> None:
        self._options = options
        asked = "\n".join(message.text for message in messages if message.role == "user")
        images = sum(len(message.media) for message in messages)
        self._input = self._verdict(asked, images)
        policy = options.policy
        if policy is not None and policy.input is not None and policy.input.mode == "block" and self._input["flagged"]:
            raise BadRequest(
                "Your request was blocked by its moderation policy: the input was flagged.",
                code="content_policy_violation",
            )

    def __call__(self, response: JsonObject) -> None:
        """Put the judgement into a response that is done; what may not be told is taken out of it."""
        words = [_words(item) for item in response["output"]]
        output = self._verdict("\n".join(words), 0)
        response["moderation"] = {"input": self._input, "output": output}
        policy = self._options.policy
        blocks = policy is not None and policy.output is not None and policy.output.mode == "block"
        if blocks and output["flagged"]:
            response["status"], response["incomplete_details"] = "incomplete", {"reason": "content_filter"}
            response["output"].clear()

    def _verdict(self, text: str, images: int) -> JsonObject:
        verdict = moderate(text[:_READ], images)
        return {
            "type": "moderation_result",
            "model": self._options.model,
            "flagged": verdict.flagged,
            "categories": verdict.categories,
            "category_scores": verdict.scores,
            "category_applied_input_types": verdict.applied_input_types,
        }


def _words(item: JsonObject) -> str:
    if item["type"] == "message":
        return "\n".join(str(part.get("text", part.get("refusal", ""))) for part in item["content"])
    told: Any = item.get("arguments", item.get("input", ""))
    return told if isinstance(told, str) else ""
