"""Lines of text and of JSON, and what never gets into them."""

import json
import logging

import pytest

from fakeai.core.events import Bus, RequestEnded
from fakeai.server.logs import JsonFormatter, TextFormatter, configure, log_requests


def record(message, *arguments, exc_info=None, **extra):
    made = logging.LogRecord("fakeai.server", logging.WARNING, __file__, 1, message, arguments, exc_info)
    made.created = 1_738_324_800.25  # 2025-01-31T12:00:00.250Z
    made.__dict__.update(extra)
    return made


def raised():
    try:
        raise ValueError("no sk-abcdefghijklmnop here")
    except ValueError as error:
        return type(error), error, error.__traceback__


def test_a_line_of_text_has_time_level_logger_message_and_request_id():
    line = TextFormatter().format(record("took %d ms", 5, request_id="req_1", status=200, unlisted="x"))
    assert line == "2025-01-31T12:00:00.250Z WARNING fakeai.server: took 5 ms request_id=req_1 status=200"


def test_a_json_line_has_the_same():
    line = JsonFormatter().format(record("took %d ms", 5, request_id="req_1", status=200, unlisted="x"))
    assert json.loads(line) == {
        "time": "2025-01-31T12:00:00.250Z",
        "level": "warning",
        "logger": "fakeai.server",
        "message": "took 5 ms",
        "request_id": "req_1",
        "status": 200,
    }


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_key_is_never_written(formatter):
    line = formatter.format(record("sent %s and Bearer abcdefgh12345 by sk-proj-12", "sk-abcdefghijklmnop"))
    assert "defghijklmnop" not in line
    assert "abcdefgh12345" not in line
    assert "proj-12" not in line


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_traceback_follows_its_record_without_keys(formatter):
    line = formatter.format(record("failed", exc_info=raised()))
    assert "ValueError: no sk-ab" in line
    assert "defghijklmnop" not in line


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_what_a_client_sends_cannot_begin_a_line_of_its_own(formatter):
    line = formatter.format(record("path %s", "/x\n2025 ERROR forged\x1b[2J\u2028", path="/\r\ny"))
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_configure_sends_records_of_the_level_to_standard_error(capsys):
    configure("warning", "json")
    logging.getLogger("fakeai.x").info("quiet")
    logging.getLogger("fakeai.x").warning("loud", extra={"request_id": "req_2"})
    out, err = capsys.readouterr()
    assert out == ""
    assert [json.loads(line)["message"] for line in err.splitlines()] == ["loud"]


def test_libraries_do_not_tell_of_what_goes_well(capsys):
    configure("info", "text")
    for name in ("uvicorn.error", "httpx"):
        logging.getLogger(name).info("quiet")
        logging.getLogger(name).warning("loud")
    assert capsys.readouterr().err.count("\n") == 2


def test_configure_again_replaces_what_was_configured(capsys):
    configure("debug", "json")
    configure("error", "text")
    logging.getLogger("fakeai.x").warning("quiet")
    logging.getLogger("fakeai.x").error("loud")
    assert capsys.readouterr().err.count("\n") == 1


def test_a_request_that_is_over_is_one_line_without_its_prompt(caplog: pytest.LogCaptureFixture) -> None:
    bus = Bus()
    log_requests(bus)
    with caplog.at_level("INFO", logger="fakeai.requests"):
        bus.publish(
            RequestEnded(2.0, "req_1", "/chat/completions", "http", "gpt-4o", 200, "", 0.25, False, False, None)
        )
    (record,) = caplog.records
    line = TextFormatter().format(record)
    assert line.endswith("answered request_id=req_1 route=/chat/completions model=gpt-4o status=200 duration_ms=250.0")


def test_whose_key_it_was_is_told_by_id_and_label_and_never_by_value(
    caplog: pytest.LogCaptureFixture,
) -> None:  # gateway 13
    bus, value = Bus(), "sk-fakeai-abcdefghijklmnop"
    log_requests(bus)
    with caplog.at_level("INFO", logger="fakeai.requests"):
        who = "key_1", f"label of {value}"
        bus.publish(RequestEnded(2.0, value, "/embeddings", "http", value, 429, value, 0.25, False, False, None, *who))
    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert (line["key_id"], line["key_label"], line["model"]) == ("key_1", "label of sk-fa…", "sk-fa…")
    assert all(value not in formatter.format(record) for formatter in (JsonFormatter(), TextFormatter()))
