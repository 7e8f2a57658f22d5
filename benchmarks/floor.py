"""The floor of pacing: the least that sends tokens at deadlines. `python -m benchmarks.floor PORT TTFT_MS ITL_MS`

One epoll loop over plain sockets: no HTTP parser, no JSON, no tasks; every request gets the same TOKENS chunks. What
this does not hold on a machine, no server in Python holds there.
"""

import select
import socket
import sys
import time
from heapq import heappop, heapreplace

from benchmarks.bare import CHUNK, TOKENS

_TICK_S = 0.001
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_TOKEN = CHUNK % b" word"
_PART = b"%x\r\n%b\r\n" % (len(_TOKEN), _TOKEN)
_END = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def main() -> None:
    """Serve until a signal."""
    port, ttft_s, itl_s = int(sys.argv[1]), float(sys.argv[2]) / 1e3, float(sys.argv[3]) / 1e3
    with socket.socket() as door, select.epoll() as poll:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen(4096)
        door.setblocking(False)
        poll.register(door.fileno(), select.EPOLLIN)
        clients: dict[int, socket.socket] = {}
        due: list[tuple[float, int, int, socket.socket]] = []  # when, which stream, tokens sent, to whom
        while True:
            left = due[0][0] - time.monotonic() if due else None
            wait = -1 if left is None else max(left, _TICK_S) if left > 0 else 0
            for descriptor, _ in poll.poll(wait):
                if descriptor == door.fileno():
                    _let_in(door, poll, clients)
                elif data := clients[descriptor].recv(65_536):
                    if data.startswith(b"GET"):
                        clients[descriptor].send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    else:
                        due.append((time.monotonic() + ttft_s, descriptor, 0, clients[descriptor]))
                        due.sort()
                else:
                    poll.unregister(descriptor)
                    clients.pop(descriptor).close()
            _send_due(due, itl_s)


def _let_in(door: socket.socket, poll: select.epoll, clients: dict[int, socket.socket]) -> None:
    while True:
        try:
            client, _ = door.accept()
        except BlockingIOError:
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        clients[client.fileno()] = client
        poll.register(client.fileno(), select.EPOLLIN)


def _send_due(due: list[tuple[float, int, int, socket.socket]], itl_s: float) -> None:
    now = time.monotonic()
    while due and due[0][0] <= now:
        when, stream, sent, client = due[0]
        if sent + 1 == TOKENS:
            client.send(_PART + _END)
            heappop(due)
            continue
        client.send(_PART if sent else _HEAD + _PART)
        heapreplace(due, (when + itl_s, stream, sent + 1, client))


if __name__ == "__main__":
    main()
