"""What is asked about responses and conversations, in an order in which it can be answered."""

from contract.steps import Step, one

_RESPONSE = "/responses/{response_id}"
_CONVERSATION = "/conversations/{conversation_id}"
_ITEMS = f"{_CONVERSATION}/items"
_MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
_WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "d",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
_FULL = {
    "model": "gpt-4o-mini",
    "input": [_MESSAGE],
    "instructions": "be kind",
    "max_output_tokens": 64,
    "max_tool_calls": 3,
    "metadata": {"a": "b"},
    "parallel_tool_calls": True,
    "store": True,
    "temperature": 0.5,
    "top_p": 0.5,
    "text": {"format": {"type": "text"}, "verbosity": "low"},
    "tools": [_WEATHER, {"type": "custom", "name": "note", "description": "d", "format": {"type": "text"}}],
    "tool_choice": "none",
    "truncation": "auto",
    "user": "u",
    "service_tier": "default",
    "include": ["message.output_text.logprobs"],
    "top_logprobs": 2,
    "safety_identifier": "s",
    "prompt_cache_key": "k",
}
_THINKING = {"model": "gpt-5", "input": "hi", "reasoning": {"effort": "low", "summary": "auto"}}

_OF_RESPONSES = [
    Step("POST", "/responses", _FULL, "response_id"),
    Step("GET", _RESPONSE),
    Step("GET", f"{_RESPONSE}/input_items?limit=5&order=asc"),
    Step("POST", "/responses", {"model": "gpt-4o-mini", "input": "on", "previous_response_id": "{response_id}"}),
    Step("POST", "/responses", {**_THINKING, "include": ["reasoning.encrypted_content"]}, "response_id"),
    Step("POST", "/responses/input_tokens", {"model": "gpt-4o-mini", "input": [_MESSAGE], "tools": [_WEATHER]}),
    Step("POST", "/responses/compact", {"model": "gpt-4o-mini", "input": [_MESSAGE], "instructions": "i"}),
    Step("POST", "/responses", {"model": "gpt-4o-mini", "input": "hi", "background": True}, "response_id"),
    Step("GET", _RESPONSE, until="completed"),
    Step("POST", f"{_RESPONSE}/cancel"),
    Step("DELETE", _RESPONSE),
]
_OF_CONVERSATIONS = [
    *one("/conversations", "conversation_id", {"items": [_MESSAGE], "metadata": {"a": "b"}}, {"metadata": {"a": "c"}}),
    Step("POST", _ITEMS, {"items": [{**_MESSAGE, "role": "developer"}]}, "item_id"),
    Step("GET", f"{_ITEMS}?limit=5"),
    Step("GET", f"{_ITEMS}/{{item_id}}"),
    Step("POST", "/responses", {"model": "gpt-4o-mini", "input": "hi", "conversation": "{conversation_id}"}),
    Step("DELETE", f"{_ITEMS}/{{item_id}}"),
    Step("DELETE", _CONVERSATION),
]
STEPS = [*_OF_RESPONSES, *(step for step in _OF_CONVERSATIONS if (step.method, step.path) != ("GET", "/conversations"))]
