"""Prompts that no picture is made of: what `content.moderation` flags, or the worst of it if asked to be less strict."""

from typing import Final

from fakeai.content.moderation import moderate
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest

_INLINE: Final = 8_192
"""Characters judged on the event loop: about 2 ms."""
_WORST: Final = ("sexual/minors", "illicit/violent", "hate/threatening", "self-harm/instructions")
"""What is blocked however little is asked for."""


class Blocked(BadRequest):
    """The safety system refuses the prompt."""

    type = "image_generation_user_error"
    code = "moderation_blocked"


async def check_prompt(prompt: str, level: str | None, *, legacy: bool = False) -> None:
    """Raises Blocked; for a model of old, BadRequest in the words of its time."""
    verdict = await off_loop(moderate, prompt) if len(prompt) > _INLINE else moderate(prompt)
    flagged = [name for name, flag in verdict.categories.items() if flag and (level != "low" or name in _WORST)]
    if not flagged:
        return
    if legacy:
        raise BadRequest(
            "Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed "
            "by our safety system.",
            code="content_policy_violation",
        )
    raise Blocked(
        "Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com "
        f"and include the request ID. safety_violations=[{', '.join(flagged)}]."
    )
