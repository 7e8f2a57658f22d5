"""Log records as lines of text or of JSON, with the request id. Never a prompt, never a key.

Whoever logs passes what it knows as `extra={"request_id": …}`; only the names in `FIELDS` are written, and whatever
looks like an API key in a message or a field is cut short. Of whose key it was, the id and the label are told.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

from fakeai.core.events import Bus, RequestEnded
from fakeai.core.redaction import hide

FIELDS = ("request_id", "method", "path", "route", "model", "key_id", "key_label", "status", "duration_ms")
"""Names in a record's `extra` that are written, in this order."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")


def configure(level: Literal["debug", "info", "warning", "error"], format: Literal["text", "json"]) -> None:
    """Send every logger's records of at least `level` to standard error. Replaces what was configured before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # uvicorn tells of its start and stop in five lines that say nothing to our users, httpx the URL of all it asks for.
    for name in ("uvicorn", "httpx"):
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)


def log_requests(bus: Bus) -> None:
    """Log a line for every request when it is over; health probes are none."""
    logger = logging.getLogger("fakeai.requests")

    def ended(event: RequestEnded) -> None:
        fields = {
            "request_id": event.request_id,
            "route": event.route,
            "model": event.model,
            "key_id": event.key or None,
            "key_label": event.label or None,
            "status": event.status,
            "duration_ms": round(event.duration_s * 1000.0, 3),
        }
        logger.info(event.error or "answered", extra=fields)

    bus.listen(RequestEnded, ended)


class TextFormatter(logging.Formatter):
    """`2025-01-31T12:00:00.000Z INFO fakeai.server: message request_id=req_1`: one line, then a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        line = f"{_stamp(record)} {record.levelname} {record.name}: {record.getMessage()}"
        for name, value in _fields(record).items():
            line += f" {name}={value}"
        line = _CONTROL.sub(lambda match: repr(match[0])[1:-1], hide(line))
        return f"{line}\n{hide(self.formatException(record.exc_info))}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object for each record: time, level, logger, message, the fields, and `exception` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        document: dict[str, object] = {
            "time": _stamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hide(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info:
            document["exception"] = hide(self.formatException(record.exc_info))
        return json.dumps(document, default=str)


def _stamp(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    given = record.__dict__
    found = ((name, given.get(name)) for name in FIELDS)
    return {name: hide(value) if isinstance(value, str) else value for name, value in found if value is not None}
