"""What an event loop and its threads are doing, as far as the interpreter and the kernel tell."""

import asyncio
import sys
from math import nan
from typing import NamedTuple

try:
    import resource
except ImportError:  # no such module on Windows
    resource = None  # type: ignore[assignment]


class LoopState(NamedTuple):
    """This moment, of the loop that runs in this thread; NaN for what is not told."""

    tasks: int
    """Not done."""
    due: float
    """Callbacks that wait for their turn."""
    threads: int
    """Of pools, for work off the loop."""
    idle_threads: int
    waits: float
    """How often the thread has waited for something, ever."""
    worked_s: float
    """Seconds of processor time it has had, ever."""


def loop_state() -> LoopState:
    """How things stand. Zeros for what belongs to a loop where none runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        tasks, due = 0, 0.0
    else:
        tasks = len(asyncio.all_tasks(loop))
        ready = getattr(loop, "_ready", None)  # asyncio's own loops have it, uvloop's tell nothing
        due = nan if ready is None else float(len(ready))
    threads, idle = _pool_threads()
    return LoopState(tasks, due, threads, idle, *_usage())


def _pool_threads() -> tuple[int, int]:
    """Threads of concurrent.futures' pools, and those of them that wait for work: these are in the pool's own code."""
    threads = idle = 0
    for top in sys._current_frames().values():
        frame = top
        while frame.f_back is not None and not _waits_for_work(frame.f_code.co_name, frame.f_code.co_filename):
            frame = frame.f_back
        if _waits_for_work(frame.f_code.co_name, frame.f_code.co_filename):
            threads += 1
            idle += frame is top
    return threads, idle


def _waits_for_work(function: str, file: str) -> bool:
    return function == "_worker" and file.endswith("thread.py")


def _usage() -> tuple[float, float]:
    """Waits and processor seconds of this thread, of the process where the system does not tell them apart."""
    if resource is None:
        return nan, nan
    used = resource.getrusage(getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF))
    return used.ru_nvcsw, used.ru_utime + used.ru_stime
