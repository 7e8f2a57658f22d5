"""`fakeai serve`: run the server, and say how to reach it."""

import errno
import signal
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from fakeai.cli.options import BAD_SETTINGS, Assignments, Config, fail, read_settings

if TYPE_CHECKING:
    from fakeai.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port; 0 picks a free one.  [default: 8000]")] = None,
    ttft: Annotated[
        str | None, typer.Option(help="Time to first token in ms: 200, 200:10%, uniform(100,300).  [default: 0]")
    ] = None,
    itl: Annotated[str | None, typer.Option(help="Time between tokens in ms; same syntax.  [default: 0]")] = None,
    gpu: Annotated[
        str | None,
        typer.Option(help="Answer by simulated GPUs, such as h100: latencies follow from load.  [default: none]"),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Simulated workers, with --gpu.  [default: 1]")] = None,
    router: Annotated[str | None, typer.Option(help="Which worker gets a request: kv, round-robin, …")] = None,
    speed: Annotated[float | None, typer.Option(help="Simulated seconds in one real second.  [default: 1]")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of ids and answers.  [default: none]")] = None,
    strict_models: Annotated[
        bool | None, typer.Option("--strict-models/--any-model", help="Refuse ids outside the catalog, or take any.")
    ] = None,
    models: Annotated[
        str | None, typer.Option(help="YAML file that lists the models that there are.", metavar="FILE")
    ] = None,
    validation: Annotated[
        str | None, typer.Option(help="strict: OpenAI's rules; schema: its document only.  [default: strict]")
    ] = None,
    unknown_ids: Annotated[
        str | None, typer.Option(help="error: 404; synthesize: a plausible object.  [default: error]")
    ] = None,
    conformance: Annotated[
        bool | None, typer.Option("--conformance", help="For the SDK's own suite: schema and synthesize.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.  [default: info]")] = None,
    log_format: Annotated[str | None, typer.Option(help="text or json.  [default: text]")] = None,
    access_log: Annotated[
        bool | None, typer.Option("--access-log/--no-access-log", help="Log a line for each request.")
    ] = None,
    journal: Annotated[
        str | None, typer.Option(help="Add a line of JSON for each request: a trace for simulate.", metavar="FILE")
    ] = None,
    data_dir: Annotated[
        str | None,
        typer.Option(help="Keep files, batches and all else in this directory.  [default: memory]", metavar="DIR"),
    ] = None,
    gateway: Annotated[
        bool | None, typer.Option("--gateway", help="Let nobody in without a key (`fakeai keys create`).")
    ] = None,
    config: Config = None,
    assignments: Assignments = None,
) -> None:
    """Run the server until Ctrl-C or SIGTERM."""
    flags = {
        "server.host": host,
        "server.port": port,
        "server.access_log": access_log,
        "latency.ttft": ttft,
        "latency.itl": itl,
        "latency.speed": speed,
        "cluster.gpu": gpu,
        "cluster.workers": workers,
        "cluster.router": router,
        "journal.path": journal,
        "store.data_dir": data_dir,
        "gateway.enabled": gateway,
        "log.level": log_level,
        "log.format": log_format,
        "seed": seed,
        "models_file": models,
        "strict_models": strict_models,
        "validation": validation,
        "unknown_ids": unknown_ids,
        "conformance": conformance,
    }
    start(read_settings(config, assignments, flags))


def start(settings: "Settings") -> None:
    """Build the App and serve it until a signal; ends with status 1 without an address, 2 with a wrong setting."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    from fakeai.app import build
    from fakeai.kept import Kept
    from fakeai.server import logs

    logs.configure(settings.log.level, settings.log.format)
    with ExitStack() as ends:
        try:
            kept = Kept(settings)
            ends.callback(kept.close)
            server = build(settings, kept=kept).server()
        except ValueError as error:
            raise fail(str(error), BAD_SETTINGS) from None
        except OSError as error:
            raise fail(_unreachable(settings.server.host, settings.server.port, error), 1) from None
        server.run(announce)


def announce(url: str) -> None:
    """Print where the server is and what to paste."""
    print(_WELCOME.format(url=url), flush=True)


def _end(number: int, frame: object) -> NoReturn:
    # The server takes these signals while it runs, drains, and raises them again: then this ends the process.
    raise SystemExit(0)


_WELCOME = """\
fakeai is ready on {url}    (documentation: {url}/docs; Ctrl-C stops it)

  export OPENAI_BASE_URL={url}/v1
  export OPENAI_API_KEY=sk-fakeai

  curl {url}/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": "Say hello"}}]}}'
"""


def _unreachable(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is in use: stop what holds it, or take another with --port (0: any free one)"
        case errno.EACCES:
            return f"not allowed to listen on port {port} of {host}: ports below 1024 need privileges"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host!r} is not an address of this machine"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"
