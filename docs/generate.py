"""Writes the pages of docs/ that are tables of what the code says of itself: `make docs`.

Knows where each kind of thing is listed (rows, settings, families, errors, verbs, cards); the prose of the other pages
is written by hand. `tests/test_docs.py` compares the files with what this makes.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import cleandoc
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import typer

import fakeai
from fakeai import app, registry
from fakeai.cli.program import program
from fakeai.core import catalog
from fakeai.core.call import Endpoint
from fakeai.core.errors import ApiError
from fakeai.settings import fields

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "fakeai"

MARK = "<!-- Made by `make docs` from the code. Edit the code, not this page. -->"


# -- endpoints


def endpoints() -> str:
    """`endpoints.md`: every row of the gateway's table, and the fields of every body."""
    rows = app.build().gateway.endpoints
    parts = [_ENDPOINTS]
    for tag, found in groupby(sorted(rows, key=lambda row: _tags(rows).index(row.tag)), key=lambda row: row.tag):
        parts.append(f"## {tag}\n")
        parts.append(_table(("request", "what it does"), [(f"`{_request(row)}`", row.summary) for row in found]))
    parts.append("## Fields of the bodies\n\n" + _FIELDS)
    bodies = [row for row in rows if row.body is not None]
    parts.append(_table(("request", "fields"), [(f"`{_request(row)}`", _names(row.body)) for row in bodies]))
    return _page("Endpoints", *parts)


def _tags(rows: Iterable[Endpoint]) -> list[str]:
    return list(dict.fromkeys(row.tag for row in rows))


def _request(row: Endpoint) -> str:
    return f"{row.method} {'' if row.probe or row.root else '/v1'}{row.path.replace(':path}', '}')}"


def _names(body: Any) -> str:
    """The fields as they are written in JSON. Any: a pydantic class."""
    return ", ".join(f"`{field.alias or name}`" for name, field in body.model_fields.items())


_ENDPOINTS = """\
Every path below also answers without `/v1`, except that probes have no prefix at all. Any other path is 404 in OpenAI's
envelope; a known path with another method is 405. `GET /openapi.json` is the same list for programs, `GET /docs` for
people. Any API key is accepted, and none is needed, until the [front door](gateway.md) is shut; one that was given out
here is [held to](organization.md#who-calls).

**Request headers.** Each changes one request, whatever the server's settings are.

| header | values | what it does |
|---|---|---|
| `X-Fakeai-Ttft-Ms` | a [latency](timing.md) | time to first token of this answer |
| `X-Fakeai-Itl-Ms` | a latency | time between tokens of this answer |
| `X-Fakeai-Affinity` | any text | requests of the same text go to the same worker of a [cluster](cluster.md) |
| `X-Fakeai-Validation` | `strict`, `schema` | how the request is judged: see [conformance](conformance.md) |
| `X-Fakeai-Unknown-Ids` | `error`, `synthesize` | what an object id nobody has seen is answered with |
| `X-Fakeai-Invite` | `accept` | an invitation to the organization is accepted at once; others are pending until they expire |
| `OpenAI-Organization`, `OpenAI-Project` | an id | whose call it is, of a [caller without a known key](organization.md#who-calls) |
| `Idempotency-Key` | any text | a `POST` that comes again has the [first one's answer](keeping.md#requests-that-come-twice) |

**Reply headers.** Every reply has `x-request-id`, `openai-processing-ms`, `openai-version`, and whose call it was:
`openai-organization` and `openai-project`.
Answers and refusals of an endpoint have the six `x-ratelimit-*` too; probes have not, nor what is refused before its
body is read. `x-fakeai-origin: gateway` marks refusals of the [front door](gateway.md), `x-fakeai-cache` tells
of its [answers](gateway.md#answers-that-are-kept) whether they were kept, and `bypass` in a request has none kept.
`x-fakeai-unknown-fields` lists fields of the body that fakeai does not know and that had no effect: usually a typing error.
"""

_FIELDS = """\
Fields that are not listed are accepted without effect. OpenAI's own reference says what each means; what fakeai does
with those of chat is in [chat](chat.md).
"""


# -- settings


def settings() -> str:
    """`settings.md`: every setting, how to write it, what it takes."""
    rows = [
        (f"`{row.name}`", f"`{row.variable}`", _cell(row.accepts), f"`{row.default}`", _cell(row.text))
        for row in fields()
    ]
    return _page("Settings", _SETTINGS, _table(("setting", "variable", "takes", "default", "what it is"), rows))


_SETTINGS = """\
Nothing has to be set. A value comes from the first of: a command line flag, an environment variable, a settings file,
the default. `fakeai config show` prints every value and where it came from. A name that does not exist stops the start
and says which one was probably meant.

- **Flags.** The common settings have a flag of their own ([command line](cli.md)); every setting can be given as
  `--set NAME=VALUE`.
- **Environment.** The variable in the table. Names with their group work too: `FAKEAI_SERVER__PORT` is `FAKEAI_PORT`.
- **File.** YAML, TOML or JSON, by `--config FILE` or `FAKEAI_CONFIG`. `fakeai config check FILE` says what is wrong
  with one.

```yaml
# fakeai.yaml
server:
  port: 9000
latency:
  ttft: "200:10%"
  itl: "20"
  models:
    o3: {ttft: "uniform(1000, 4000)"}
seed: 1
```

```console
$ fakeai config check fakeai.yaml
fakeai.yaml: ok
$ FAKEAI_PORT=9001 fakeai config show --config fakeai.yaml --set seed=2
server.host = "127.0.0.1" …# default
server.port = 9001 …# FAKEAI_PORT
…
latency.ttft = "200:10%" …# fakeai.yaml
…
seed = 2 …# command line
…
```

In Python, `fakeai.Settings(...)` takes the same tree and reads nothing from outside, so a test does not depend on who
runs it; `fakeai.settings.load()` reads what the command line reads.
"""


# -- metrics


def metrics() -> str:
    """`metrics.md`: every family, its metrics with type and labels, and why some never change."""
    parts = [_METRICS]
    for name, family in registry.table("metric family", registry.METRICS + registry.ENGINE_METRICS).items():
        rows = [
            (
                f"`{metric.name}`",
                metric.kind,
                ", ".join(f"`{label}`" for label in table.labels + metric.labels),
                _cell(metric.text + (f" Constant here: {metric.constant}." if metric.constant else "")),
            )
            for table in family.tables()
            for metric in table.metrics
        ]
        parts.append(f"## {_FAMILIES[name]}\n")
        parts.append(_table(("name", "type", "labels", "what it counts"), sorted(rows)))
    return _page("Metrics", *parts)


_FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "gateway": "The gateway",
        "completion_cache": "The completion cache",
        "python": "The interpreter",
        "vllm": "Engines, as vLLM tells of them",
        "sglang": "Engines, as SGLang tells of them",
        "dynamo_frontend": "Requests and models, as Dynamo tells of them",
        "dynamo_router": "The router, as Dynamo tells of it",
        "dynamo_worker": "Workers, as Dynamo tells of them",
        "dynamo_process": "The process, as Dynamo tells of it",
        "dcgm": "GPUs, as DCGM tells of them",
    }
)


_METRICS = """\
`GET /metrics` is Prometheus' text format. Times are in seconds. Those of `fakeai_*` are what this server did, not what
it was told to do: compare `fakeai_inter_token_latency_seconds` with what your client measures to see what lies between.

`fakeai_pacing_lag_seconds` is the server's own error: by how much each answer's latest token missed its deadline. While
it stays in the low milliseconds, differences are your system's; when it grows, this machine is too slow for the load.

Answers without latency have no tokens to pace, so they count in no TTFT, ITL or lag. Labels never hold a prompt or a
key, and models that only clients have named count as `other`. Refused requests have an empty `model`; those that no
endpoint sees (an unknown path, a wrong method, a body too large or too late, what is no HTTP) have the route
`unmatched`. Probes are not counted.

```bash
curl -s http://127.0.0.1:8000/metrics | grep fakeai_requests_in_flight
```

With a [cluster](cluster.md), simulated engines tell of themselves as vLLM, SGLang, Dynamo and DCGM do, all at once
and from the same steps: what holds for one holds for all. Their times are Clock seconds. `fakeai_step_lag_seconds` is
by how much this machine was too late to tell of a step. Series of a model appear when it has a worker or has been
asked for, and those of a worker go when it does. A worker's number is unique within its model, so Dynamo's series of
workers have the label `model` more than Dynamo gives them. Some series exist for dashboards' sake and never change;
their rows say why. """


# -- errors


def errors() -> str:
    """`errors.md`: every class of error with its status, and every code a reply can have."""
    rows = [
        (str(kind.status), f"`{kind.type}`", f"`{kind.code}`" if kind.code else "", _first(kind), f"`{_home(kind)}`")
        for kind in sorted(error_classes(), key=lambda kind: (kind.status, kind.type, kind.code or "", kind.__name__))
    ]
    found = error_codes()
    codes = [(f"`{code}`", _CODES[code], ", ".join(f"`{home}`" for home in homes)) for code, homes in found.items()]
    return _page(
        "Errors",
        _ERRORS,
        _table(("status", "type", "code", "when", "where"), rows),
        "## Codes\n\n" + _WHEN_CODES,
        _table(("code", "when", "where"), codes),
    )


def error_classes() -> list[type[ApiError]]:
    """All ApiErrors of the package that are raised themselves, not only as a base."""
    for module in pkgutil.walk_packages(fakeai.__path__, "fakeai."):
        if module.name.startswith(("fakeai.testing", "fakeai.__main__")):
            continue
        importlib.import_module(module.name)
    return list(_below(ApiError))


def _below(kind: type[ApiError]) -> Iterator[type[ApiError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def error_codes() -> Mapping[str, list[str]]:
    """Every `code` in the package's source → the modules that give it."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for code in _codes(node):
                found.setdefault(code, set()).add(path.relative_to(PACKAGE).as_posix())
    return {code: sorted(found[code]) for code in sorted(found)}


def _codes(node: ast.AST) -> Iterator[str]:
    """The codes that a keyword `code=…` or a class attribute `code = …` can have."""
    match node:
        case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
            yield code
        case ast.keyword(arg="code", value=ast.JoinedStr(values=[first, *_])):
            yield from _JOINED[first.value if isinstance(first, ast.Constant) else ""]
        case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
            yield code


def _first(kind: type) -> str:
    return _cell(cleandoc(kind.__doc__ or "").partition("\n\n")[0])


def _home(kind: type) -> str:
    return kind.__module__.removeprefix("fakeai.").replace(".", "/") + ".py"


_ERRORS = """\
Every refusal has OpenAI's envelope, whatever the path, and comes before the first byte of a stream. The SDK raises its
own exception for each status: 400 is `BadRequestError`, 404 `NotFoundError`, and so on.

```python
import openai

client = openai.OpenAI()
try:
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user"}])
except openai.BadRequestError as error:
    print(error.status_code, error.type, error.param)  # prints 400 invalid_request_error messages.[0].content
```

An answer under way that fails ends with an event that holds the envelope. A client that leaves is counted with status
499 and code `cancelled` in the metrics. With [`--validation schema`](conformance.md) many of these are not raised.

## Kinds
"""

_WHEN_CODES = "Errors of type `invalid_request_error` often have a more special code. `param` names the field.\n"

_JOINED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": tuple(f"{kind}_{side}_value" for kind in ("decimal", "integer") for side in ("above_max", "below_min")),
        "invalid_": ("invalid_training_file", "invalid_validation_file"),
        "item_create_invalid_": ("item_create_invalid_approval_request_id", "item_create_invalid_call_id"),
        "mismatched_": ("mismatched_organization", "mismatched_project"),
    }
)
"""The codes that are joined of several words, by the first of these."""

_CODES: Mapping[str, str] = MappingProxyType(
    {
        "404": "[Azure](azure.md) has no such path, or not without an `api-version`.",
        "DeploymentNotFound": "[Azure](azure.md) has no deployment of this name.",
        "array_above_max_length": "An array has too many items.",
        "audio_too_short": "A transcription was asked for less sound than a word takes.",
        "call_id_not_found": "No realtime call has this id.",
        "cannot_update_model": "A realtime session has begun with another model.",
        "cannot_update_voice": "A realtime session has already spoken with another voice.",
        "chatkit.file_already_uploaded": "A ChatKit file's bytes are there already.",
        "chatkit.file_upload_disabled": "The [ChatKit session](chatkit.md#files) does not allow files.",
        "chatkit.file_upload_limit_exceeded": "The ChatKit session has as many files as it allows.",
        "chatkit.file_upload_type_rejected": "A ChatKit file is no PDF, PNG, JPEG, GIF or WebP.",
        "content_filter": "[Azure's](azure.md#content-filter) filter refuses the prompt.",
        "content_policy_violation": "The prompt was flagged, by a policy that blocks what is.",
        "context_length_exceeded": "The prompt, or prompt and output, are longer than the model's window.",
        "conversation_already_has_active_response": "A realtime response is under way; the next one waits for its end.",
        "conversation_full": "A realtime conversation holds no more items.",
        "data_channel_permissions": "No error: a notice about a frontend's permissions.",
        "decimal_above_max_value": "A number is too large.",
        "decimal_below_min_value": "A number is too small.",
        "duplicate_event_id": "A decision was created with this `event_id` before.",
        "empty_array": "An array must have an item.",
        "empty_string": "A string must have a character.",
        "file_damaged": "The bytes of a file are not what was once kept.",
        "fine_tune_not_found": "No fine-tuning job of this id.",
        "fixture_active": "An audio fixture is being played.",
        "forbidden": "Only an admin key of the [front door](gateway.md) may do this.",
        "idempotency_key_reused": "The Idempotency-Key was used for another request.",
        "image_parse_error": "An image cannot be read: it is damaged, or cut short.",
        "image_too_large": "A picture has more pixels than are decoded.",
        "immutable_field_update": "The field of a session cannot change.",
        "input_audio_buffer_commit_empty": "There is no sound, or less than 100 ms of it, to commit.",
        "input_audio_buffer_full": "Sound is appended and never committed.",
        "insufficient_quota": "The project or organization has spent what it may this month.",
        "integer_above_max_value": "A whole number is too large.",
        "integer_below_min_value": "A whole number is too small.",
        "invalid_api_key": "The key was given out here, and is revoked or expired.",
        "invalid_beta": "A call of Assistants or ChatKit without its `OpenAI-Beta` header.",
        "invalid_client_secret": "What is shown is not the secret of a ChatKit session that is active.",
        "invalid_encrypted_content": "Encrypted content that was not made here, or was changed.",
        "invalid_event": "An event of a realtime socket that cannot be read.",
        "invalid_file": "What is called a PDF is none.",
        "invalid_file_purpose": "The file was uploaded for something else.",
        "invalid_function_parameters": "A tool's parameters are not a schema that can be used.",
        "invalid_grammar": "A custom tool's grammar cannot be used.",
        "invalid_image_file": "A file is no picture that can be decoded.",
        "invalid_image_format": "An image is not PNG, JPEG, GIF or WebP.",
        "invalid_image_size": "A mask or a picture has another size than the one it goes with.",
        "invalid_job_status": "The fine-tuning job is not in a status for this.",
        "invalid_json": "A socket's message is no JSON object.",
        "invalid_json_schema": "A response's `text.format` has a schema that cannot be used.",
        "invalid_model": "The model does not talk in real time.",
        "invalid_offer": "An SDP offer that cannot be read.",
        "invalid_parameter": "A field of a realtime session has a value that it cannot have.",
        "invalid_parameter_combination": "Two fields exclude each other.",
        "invalid_request_error": "An agent's session cannot do what is asked in the state that it is in.",
        "invalid_schema": "An agent's tool or output has a schema that cannot be used.",
        "invalid_session_type": "The endpoint has no sessions of this type.",
        "invalid_state": "An archive of a state is damaged, or of another version.",
        "invalid_training_file": "A fine-tuning job's training file is not there.",
        "invalid_type": "A field has the wrong JSON type.",
        "invalid_validation_file": "A fine-tuning job's validation file is not there.",
        "invalid_value": "A field has a value it cannot have, a latency header too.",
        "invalid_video_file": "A file is no film that can be read.",
        "item_create_duplicate_item_id": "A realtime conversation has an item of this id.",
        "item_create_invalid_approval_request_id": "A realtime conversation has no request for approval of this id.",
        "item_create_invalid_call_id": "A realtime conversation has no call of this id.",
        "item_create_invalid_previous_item_id": "A realtime conversation has no item of this id to put another after.",
        "max_tokens_per_request": "All inputs of an embedding request together are too long.",
        "method_not_supported": "The path exists, with other methods.",
        "mismatched_organization": "The key was given out here, by another organization than the header names.",
        "mismatched_project": "The key was given out here, for another project than the header names.",
        "missing_api_key": "The [front door](gateway.md) is shut, and no key was shown.",
        "missing_required_parameter": "A field is missing.",
        "model_not_allowed": "The key may use certain [models](gateway.md#keys) only; or there is no such model to "
        "[generate](gateway.md#generating) with.",
        "model_not_available": "The model cannot be tuned by this method.",
        "model_not_found": "The model is not in the catalog, and `strict_models` is on or it was deleted; or the "
        "project [may not use it](organization.md#what-a-project-may-do).",
        "model_not_supported": "The model does not write texts.",
        "model_unavailable": "A [real model](backends.md) is not there: it could not be loaded, or was closed.",
        "moderation_blocked": "A picture's prompt was flagged.",
        "mutually_exclusive_parameters": "Two fields cannot be given together.",
        "no_output_buffer": "Only calls have a buffer of sound that goes out.",
        "object_above_max_properties": "An object has too many properties.",
        "previous_response_not_found": "`previous_response_id` names no response of the caller's.",
        "project_archived": "The project is archived.",
        "property_name_above_max_length": "A property's name is too long.",
        "quota_exhausted": "The key has used its [quota](gateway.md#quotas-and-budgets) or budget up.",
        "rate_limit_exceeded": "The project has made its requests of this minute or day, or had its tokens of this minute.",
        "response_cancel_not_active": "There is no response under way to be cancelled.",
        "service_unavailable": "All workers of a [cluster](cluster.md) are busy: try again after the time that is told.",
        "session_active": "The session has not ended yet.",
        "session_already_accepted": "The call was accepted before.",
        "session_closing": "The session was asked to close and takes nothing more.",
        "session_expired": "A realtime session lasts 60 minutes.",
        "session_not_found": "The session that an automation starts or goes on with is not there.",
        "session_not_started": "The first message must start the session.",
        "shutting_down": "The server is about to [end](deploy.md#the-end), and lets nobody in.",
        "storage_full": "No room is left where things are kept.",
        "storage_quota_exceeded": "The project's files are as many bytes as they may be.",
        "storage_unavailable": "The database or the storage cannot be reached for now.",
        "string_above_max_length": "A string is too long.",
        "synthesis_failed": "The program that speaks has failed; the server's log says how.",
        "target_session_failed": "The session that an automation started has failed.",
        "too_many_images": "A moderation request has more than one image.",
        "too_many_items": "More than is kept or may wait.",
        "too_many_responses": "More responses at once than a realtime session has.",
        "unknown_parameter": "Nobody knows this field.",
        "unsupported_content_type": "The body is not JSON.",
        "unsupported_model": "The model has no assistants.",
        "unsupported_parameter": "The field exists, but not for this model.",
        "unsupported_value": "The value exists, but not for this model or together with another field.",
        "upload_not_pending": "The upload is completed, cancelled or expired.",
        "upstream_error": "The server that answers for the model cannot be reached, or broke off.",
        "upstream_timeout": "The server that answers for the model did not answer in time.",
        "validation_error": "A field of a request to fakeai's own API is not what it takes.",
        "vector_store_expired": "The vector store has expired.",
        "video_expired": "The film is not kept any more.",
        "video_not_ready": "The film is not made yet.",
        "video_too_long": "The film would be longer than films may be.",
        "webhook_delivery_failed": "A [webhook endpoint](webhooks.md) has not answered the event that was to try it out.",
        "websocket_connection_limit_reached": "A socket for responses lasts 60 minutes.",
        "websocket_required": "The path takes WebSockets only.",
    }
)


# -- command line


def cli() -> str:
    """`cli.md`: every verb with its arguments and options."""
    root: Any = typer.main.get_command(program())  # Any: typer's own copy of click's classes
    parts = [_CLI]
    for words, command in _verbs("fakeai", root):
        rows = [
            (f"`{', '.join([*option.opts, *option.secondary_opts])}`", _cell(option.help or ""))
            for option in command.params
        ]
        parts.append(f"## {words}\n\n{cleandoc(command.help or '')}\n")
        parts.append(_table(("option", "what it does"), rows))
    return _page("Command line", *parts)


def _verbs(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    for name, child in command.commands.items():
        if not hasattr(child, "commands") or child.invoke_without_command:
            yield f"{words} {name}", child
        if hasattr(child, "commands"):
            yield from _verbs(f"{words} {name}", child)


_CLI = """\
`fakeai --version` prints the version, `fakeai VERB --help` what is below. `python -m fakeai` is the same program. Exit
status: 0 when all went well, 1 when it could not be done (the port is taken, the server is not well), 2 for a wrong
setting or option.

```console
$ fakeai --version
fakeai …
$ fakeai models | head -n 2
model …family …
gpt-…
```
"""


# -- models


def models() -> str:
    """`models.md`: every card of the catalog."""
    cards = catalog.load().cards.values()
    parts = [_MODELS.format(count=len(cards))]
    for family in dict.fromkeys(card.family for card in cards):
        rows = [
            (
                f"`{card.id}`",
                f"{card.context_window:,}" if card.context_window else "",
                f"{card.max_output:,}" if card.max_output else "",
                f"{card.price_input:g} / {card.price_output:g}",
                " ".join(sorted(card.capabilities)) + (f" {card.dimensions} dimensions" if card.dimensions else ""),
                card.shutdown_date or "",
            )
            for card in cards
            if card.family == family
        ]
        parts.append(f"## {family}\n")
        parts.append(_table(("id", "window", "output", "$ in / out", "can", "shut down"), rows))
    return _page("Models", *parts)


_MODELS = """\
The catalog has {count} ids: `GET /v1/models`, `fakeai models`, `fakeai models --json`. Window and output are in tokens,
prices in USD per million of them. Each card names its source in `fakeai/data/models.toml`.

An id that is not here is accepted and logged, and answers like the id it resembles most: `gpt-4o-mine` like `gpt-4o`,
`ft:gpt-4o-mini:org::1` like `gpt-4o-mini`, `my-embedder` like an embedding model. `--strict-models` refuses it with 404
`model_not_found`. A model past its shut-down date still answers.
"""


# -- behaviours


def acceptance() -> str:
    """`acceptance.md`: which tests show which of the front door's numbered behaviours."""
    rows = [
        (str(number), "<br>".join(f"`{test}`" for test in tests)) for number, tests in sorted(shown_by_tests().items())
    ]
    return _page("Acceptance", _ACCEPTANCE, _table(("number", "tests"), rows))


def shown_by_tests() -> dict[int, list[str]]:
    """The tests of each number, from the comments at their heads: `# gateway 1-4, 6`."""
    found: dict[int, list[str]] = {}
    for path in sorted((DOCS.parent / "tests").rglob("test_*.py")):
        for name, told in _NUMBERED.findall(path.read_text("utf-8")):
            for part in told.split(","):
                first, _, last = part.strip().partition("-")
                for number in range(int(first), int(last or first) + 1):
                    found.setdefault(number, []).append(f"{path.relative_to(DOCS.parent)}::{name}")
    return found


_NUMBERED = re.compile(r"^(?:async )?def (test_\w+)\(.*#\s*gateway ([\d, -]+)$", re.MULTILINE)

_ACCEPTANCE = """\
The [front door](gateway.md) was specified as numbered behaviours. Each test that shows one names its number at its head;
numbers that are not here are shown by no test yet.
"""


# -- writing


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "endpoints.md": endpoints,
        "settings.md": settings,
        "metrics.md": metrics,
        "errors.md": errors,
        "cli.md": cli,
        "models.md": models,
        "acceptance.md": acceptance,
    }
)


def _page(title: str, *parts: str) -> str:
    return "\n".join([f"# {title}\n\n{MARK}\n", *parts])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [" | ".join(head), "|".join("---" for _ in head), *(" | ".join(row) for row in rows)]
    return "".join(f"| {line} |\n" if "---|" not in line else f"|{line}|\n" for line in lines)


def _cell(text: str) -> str:
    """Text in one line, in which a bar ends no cell."""
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), "utf-8")


if __name__ == "__main__":
    main()
