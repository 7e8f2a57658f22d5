"""What is asked about assistants, threads, messages, runs and steps, in an order in which it can be answered."""

from contract.steps import Step, one

_THREAD = "/threads/{thread_id}"
_RUN = _THREAD + "/runs/{run_id}"
_WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "strict": False,
    },
}
_SEARCH = {
    "type": "file_search",
    "file_search": {"max_num_results": 5, "ranking_options": {"score_threshold": 0.0, "ranker": "auto"}},
}
_ANIMALS = {
    "type": "json_schema",
    "json_schema": {
        "name": "animals",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"animals": {"type": "array", "items": {"type": "string"}}},
            "required": ["animals"],
            "additionalProperties": False,
        },
    },
}
_ASSISTANT = {
    "model": "gpt-4o-mini",
    "name": "Helper",
    "description": "Helps.",
    "instructions": "Be brief.",
    "tools": [_SEARCH, {"type": "code_interpreter"}, _WEATHER],
    "tool_resources": {
        "code_interpreter": {"file_ids": ["{file_id}"]},
        "file_search": {"vector_stores": [{"file_ids": ["{file_id}"], "chunking_strategy": {"type": "auto"}}]},
    },
    "metadata": {"a": "b"},
    "temperature": 0.5,
    "top_p": 0.9,
    "response_format": {"type": "text"},
}
_CHANGED = {
    "model": "gpt-4o",
    "name": "Other",
    "description": "Helps others.",
    "instructions": "Be kind.",
    "tools": [_WEATHER],
    "metadata": {"c": "d"},
    "temperature": 1,
    "top_p": 1,
    "response_format": "auto",
}
_MESSAGE = {
    "role": "user",
    "content": [
        {"type": "text", "text": "What are whales, and what is in this picture?"},
        {"type": "image_file", "image_file": {"file_id": "{image_id}", "detail": "low"}},
    ],
    "attachments": [{"file_id": "{file_id}", "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]}],
    "metadata": {"a": "b"},
}
_PLAIN = {"role": "user", "content": "Name some animals."}
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c636800000082008177cd"
    "72b60000000049454e44ae426082"
)

STEPS = [
    *one("/files", "file_id", {"purpose": "assistants"}, files={"file": ("a.txt", b"Whales are mammals of the sea.")}),
    *one("/files", "image_id", {"purpose": "vision"}, files={"file": ("a.png", _PIXEL)}),
    *one("/assistants", "searching_id", _ASSISTANT),
    *one("/assistants", "assistant_id", {**_ASSISTANT, "tools": []}, _CHANGED),
    Step("GET", "/assistants?limit=1&order=asc"),
    Step("POST", "/threads", {"messages": [_MESSAGE, {"role": "assistant", "content": "Yes?"}]}, "thread_id"),
    Step("GET", _THREAD),
    Step("POST", _THREAD, {"metadata": {"a": "b"}}),
    *one(f"{_THREAD}/messages", "message_id", _MESSAGE, {"metadata": {"c": "d"}}),
    *one(
        f"{_THREAD}/runs",
        "run_id",
        {
            "assistant_id": "{searching_id}",
            "instructions": "Answer from the files.",
            "additional_instructions": "Cite them.",
            "additional_messages": [_PLAIN],
            "parallel_tool_calls": False,
            "tools": [_SEARCH],
            "tool_choice": {"type": "file_search"},
            "truncation_strategy": {"type": "last_messages", "last_messages": 5},
            "max_prompt_tokens": 20_000,
            "max_completion_tokens": 2_000,
            "metadata": {"a": "b"},
        },
        {"metadata": {"c": "d"}},
    ),
    Step("GET", _RUN, until="completed"),
    Step("GET", f"{_RUN}/steps", keeps="step_id"),
    Step("GET", f"{_RUN}/steps?include[]=step_details.tool_calls[*].file_search.results[*].content"),
    Step("GET", f"{_RUN}/steps/{{step_id}}"),
    Step("GET", f"{_THREAD}/messages?run_id={{run_id}}"),
    Step("POST", f"{_THREAD}/messages", {"role": "user", "content": "What is the weather in Paris?"}),
    Step("POST", f"{_THREAD}/runs", {"assistant_id": "{assistant_id}"}, "run_id"),
    Step("GET", _RUN, keeps="call_id", at="required_action.submit_tool_outputs.tool_calls.id", until="requires_action"),
    Step("POST", f"{_RUN}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": "{call_id}", "output": "Sunny."}]}),
    Step("GET", _RUN, until="completed"),
    Step("GET", f"{_RUN}/steps"),
    Step(
        "POST",
        "/threads/runs",
        {
            "assistant_id": "{assistant_id}",
            "thread": {
                "messages": [_PLAIN],
                "metadata": {"a": "b"},
                "tool_resources": {"code_interpreter": {"file_ids": ["{file_id}"]}},
            },
            "tools": [_SEARCH],
            "tool_choice": {"type": "file_search"},
            "tool_resources": {"code_interpreter": {"file_ids": []}},
            "model": "gpt-4o",
            "instructions": "Name animals.",
            "response_format": _ANIMALS,
            "parallel_tool_calls": False,
            "temperature": 1,
            "top_p": 1,
            "truncation_strategy": {"type": "last_messages", "last_messages": 5},
            "max_prompt_tokens": 20_000,
            "max_completion_tokens": 2_000,
            "metadata": {"a": "b"},
        },
        "other_thread_id",
        at="thread_id",
    ),
    Step("GET", "/threads/{other_thread_id}/runs", keeps="other_run_id"),
    Step("GET", "/threads/{other_thread_id}/runs/{other_run_id}", until="completed"),
    Step("POST", "/threads/{other_thread_id}/messages", {"role": "user", "content": "What is the weather in Rome?"}),
    Step("POST", "/threads/{other_thread_id}/runs", {"assistant_id": "{assistant_id}"}, "other_run_id"),
    Step("GET", "/threads/{other_thread_id}/runs/{other_run_id}", until="requires_action"),
    Step("POST", "/threads/{other_thread_id}/runs/{other_run_id}/cancel"),
    Step("GET", "/threads/{other_thread_id}/runs/{other_run_id}", until="cancelled"),
    Step("DELETE", f"{_THREAD}/messages/{{message_id}}"),
    Step("DELETE", _THREAD),
    Step("DELETE", "/assistants/{searching_id}"),
]
