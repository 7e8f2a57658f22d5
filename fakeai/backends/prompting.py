"""A request as the tokens a real model reads: its chat template, its vocabulary, its window.

Any: tokenizers are Hugging Face's, loaded late.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.errors import BadRequest, ContextLengthExceeded
from fakeai.core.generation import GenerateRequest, Message, Tool

PLAIN_STOPS = ("\nuser:", "\nsystem:")
"""Where an answer ends of a model without a chat template, which would go on with the conversation by itself."""

_ROLES: Mapping[str, str] = {"developer": "system", "function": "tool"}


class Prompter:
    """Turns requests into token ids with one model's tokenizer. From one thread at a time."""

    def __init__(self, tokenizer: Any, window: int, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._window = window
        self._vocabulary = vocabulary
        self.has_template = bool(getattr(tokenizer, "chat_template", None))

    def ids(self, request: GenerateRequest) -> list[int]:
        """The prompt. Raises BadRequest for what the model cannot be asked, ContextLengthExceeded for what does not fit."""
        _check(request)
        ids = self._raw(request) if request.raw_prompt else self._chat(request)
        self._check_window(request, len(ids))
        return ids

    def room(self, request: GenerateRequest, prompt: int) -> int:
        """Tokens the answer may have."""
        left = self._window - prompt
        asked = request.sampling.max_tokens
        return left if asked is None else min(left, asked)

    def _raw(self, request: GenerateRequest) -> list[int]:
        if request.prompt_ids is not None:
            ids = list(request.prompt_ids)
            if not all(0 <= token < self._vocabulary for token in ids):
                raise BadRequest(
                    f"Invalid 'prompt': there is a token id outside the model's vocabulary (0 to {self._vocabulary - 1}).",
                    param="prompt",
                    code="invalid_value",
                )
        else:
            ids = list(self._tokenizer(request.messages[0].text)["input_ids"])
        if not ids:
            start = self._tokenizer.bos_token_id
            ids = [self._tokenizer.eos_token_id if start is None else start]
        if ids[0] is None:
            raise BadRequest("This model needs a prompt to begin with.", param="prompt")
        return ids

    def _chat(self, request: GenerateRequest) -> list[int]:
        if not self.has_template:
            return list(self._tokenizer(_plain(request))["input_ids"])
        options = {"reasoning_effort": request.reasoning_effort} if request.reasoning_effort is not None else {}
        try:
            text = self._tokenizer.apply_chat_template(
                [_told(message) for message in request.messages],
                tools=[_described(tool) for tool in _offered(request)] or None,
                add_generation_prompt=True,
                tokenize=False,
                **options,
            )
        except Exception as error:  # a template refuses in whatever words, and whatever class, its maker chose
            raise BadRequest(
                f"The model's chat template does not take these messages: {error}", param="messages"
            ) from error
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _check_window(self, request: GenerateRequest, prompt: int) -> None:
        """As OpenAI words it, by this model's own count."""
        window, asked = self._window, request.sampling.max_tokens
        param = "prompt" if request.raw_prompt else "messages"
        if prompt < window and (asked is None or prompt + asked <= window):
            return
        if prompt >= window:
            wanted = f"your {param} resulted in {prompt} tokens. Please reduce the length of the {param}."
        else:
            wanted = (
                f"you requested {prompt + asked if asked else prompt} tokens ({prompt} in the {param}, {asked} in the "
                f"completion). Please reduce the length of the {param} or completion."
            )
        raise ContextLengthExceeded(
            f"This model's maximum context length is {window} tokens. However, {wanted}", param=param
        )


def _check(request: GenerateRequest) -> None:
    """What no model of this backend can be asked."""
    if any(message.media for message in request.messages):
        raise BadRequest("This model takes text only.", param="messages")
    if request.suffix:
        raise BadRequest("This model does not take a suffix.", param="suffix")
    if request.web_search:
        raise BadRequest("This model cannot search the web.", param="web_search_options")
    if request.audio is not None:
        raise BadRequest("This model does not speak.", param="modalities")
    if any(tool.kind == "custom" for tool in request.tools):
        raise BadRequest("This model takes functions as tools, no custom ones.", param="tools", code="invalid_value")


def _offered(request: GenerateRequest) -> Sequence[Tool]:
    """The tools the model is told of: none when it may call none, those of an `allowed_tools` choice when there is one."""
    choice = request.tool_choice
    if choice.mode == "none":
        return ()
    return [tool for tool in request.tools if choice.names is None or tool.name in choice.names]


def _described(tool: Tool) -> dict[str, Any]:
    inner = {"name": tool.name, "description": tool.description, "parameters": tool.schema or {"type": "object"}}
    return {"type": "function", "function": inner}


def _told(message: Message) -> dict[str, Any]:
    """A message as chat templates read them: arguments as objects where they are JSON."""
    told: dict[str, Any] = {"role": _ROLES.get(message.role, message.role), "content": message.text}
    if message.name is not None:
        told["name"] = message.name
    if message.tool_call_id is not None:
        told["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        told["tool_calls"] = [
            {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": _parsed(use.arguments)}}
            for use in message.tool_calls
        ]
    return told


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _plain(request: GenerateRequest) -> str:
    """A conversation for a model without a template: a line a message, and the assistant's turn begun."""
    tools = _offered(request)
    head = []
    if tools:
        described = "\n".join(json.dumps(_described(tool)["function"]) for tool in tools)
        call = '<tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>'
        head = [f"system: You may call these functions with {call}:\n{described}"]
    lines = [f"{_ROLES.get(message.role, message.role)}: {message.text}" for message in request.messages]
    return "\n".join([*head, *lines, "assistant:"])
