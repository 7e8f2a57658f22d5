"""A real server in a thread of this process: for clients that want a socket, and for other processes."""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakeai.app import App

_START_S = 30.0


class ServerThread:
    """Serves `app` from construction to `stop`. Raises OSError when the address cannot be had."""

    def __init__(self, app: "App") -> None:
        self._server = app.server()
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="fakeai-server", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_S) or self._error is not None:
            raise RuntimeError("the server did not start") from self._error

    @property
    def url(self) -> str:
        """Where it is, without `/v1`."""
        return self._server.url

    def stop(self) -> None:
        """Close the socket, end what is open, and wait for the thread. Raises RuntimeError if it had ended by an error."""
        self._server.stop()
        self._thread.join()
        if self._error is not None:
            raise RuntimeError("the server has failed") from self._error

    def _run(self) -> None:
        try:
            self._server.run(lambda _: self._ready.set())
        except BaseException as error:  # noqa: BLE001  # told to whoever waits for the start
            self._error = error
        finally:
            self._ready.set()
