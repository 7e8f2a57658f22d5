"""Bodies of vLLM's endpoints: what they take, and faults told in vLLM's envelope."""

import pytest

from fakeai.core.errors import PayloadTooLarge, envelope
from fakeai.wire import base
from fakeai.wire.base import parse
from fakeai.wire.engines import EngineRefusal, LoadAdapter, UnloadAdapter


def test_an_adapter_is_a_name_and_a_path() -> None:
    body = parse(LoadAdapter, b'{"lora_name": "a", "lora_path": "/a"}')
    assert (body.lora_name, body.lora_path, body.load_inplace, body.base_model_name) == ("a", "/a", False, None)
    assert parse(UnloadAdapter, b'{"lora_name": "a", "lora_int_id": 3}').lora_int_id == 3


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"lora_name": "a"}', "body.lora_path"),
        (b'{"lora_name": 1, "lora_path": "/a"}', "body.lora_name"),
        (b'{"lora_name": "a", "lora_path": "/a", "load_inplace": null}', "body.load_inplace"),
    ],
)
def test_faults_have_vllms_type_param_and_code(raw: bytes, param: str) -> None:
    with pytest.raises(EngineRefusal) as caught:
        parse(LoadAdapter, raw)
    told = envelope(caught.value)["error"]
    assert (told["type"], told["param"], told["code"]) == ("Bad Request", param, 400)
    assert told["message"]


def test_a_refusal_has_the_status_it_is_given() -> None:
    error = EngineRefusal("no", "NotFoundError", 404, "model")
    assert (error.status, error.type, error.param, error.code) == (404, "NotFoundError", "model", None)
    assert (EngineRefusal.status, EngineRefusal("no").status, EngineRefusal("no").type) == (400, 400, "BadRequestError")


def test_a_body_too_large_is_told_as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BODY_LIMIT", 10)
    with pytest.raises(PayloadTooLarge):
        parse(LoadAdapter, b"{" + b" " * 20 + b"}")
