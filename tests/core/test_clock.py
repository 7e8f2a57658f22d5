"""Clock seconds follow the loop: scaled by the speed, and without waiting on a virtual loop."""

import asyncio
import threading
import time

import pytest

from fakeai.core.clock import VirtualLoop, WallClock, off_loop, stopwatch, within


def run_virtual(main):
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def test_a_day_of_sleeping_takes_no_time_on_a_virtual_loop() -> None:
    async def main() -> float:
        clock = WallClock()
        began = clock.now()
        await clock.sleep(86_400.0)
        return clock.now() - began

    began = time.perf_counter()
    assert run_virtual(main()) == pytest.approx(86_400.0)
    assert time.perf_counter() - began < 5.0


def test_timers_fire_in_the_order_of_their_deadlines_each_at_its_own() -> None:
    fired: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock()
        for name, when in (("late", 30.0), ("early", 0.5), ("middle", 7.25)):
            clock.call_at(when, lambda name=name: fired.append((name, clock.now())))
        await clock.sleep_until(40.0)

    run_virtual(main())
    assert [name for name, _ in fired] == ["early", "middle", "late"]
    assert [when for _, when in fired] == pytest.approx([0.5, 7.25, 30.0])


def test_timeouts_of_asyncio_obey_virtual_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600.0):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(3600.0)


def test_sleeping_until_what_has_passed_returns_at_once() -> None:
    async def main() -> float:
        clock = WallClock()
        await clock.sleep(5.0)
        await clock.sleep_until(2.0)
        return clock.now()

    assert run_virtual(main()) == pytest.approx(5.0)


@pytest.mark.parametrize("speed", [0.1, 1.0, 3.0, 20.0])
def test_clock_seconds_are_loop_seconds_times_speed(speed: float) -> None:
    async def main() -> tuple[float, float, float]:
        clock = WallClock(speed, epoch=1000.0)
        loop = asyncio.get_running_loop()
        await clock.sleep(60.0)
        slept = loop.time()
        await clock.sleep_until(90.0)
        due: list[float] = []
        clock.call_at(120.0, lambda: due.append(clock.now()))
        await clock.sleep(31.0)
        return slept, loop.time(), due[0]

    slept, waited, due = run_virtual(main())
    assert slept == pytest.approx(60.0 / speed)
    assert waited == pytest.approx(121.0 / speed)
    assert due == pytest.approx(120.0)


@pytest.mark.parametrize("speed", [1.0, 20.0])
def test_the_epoch_goes_on_with_virtual_time_at_the_clocks_speed(speed: float) -> None:
    async def main() -> tuple[float, float]:
        clock = WallClock(speed, epoch=1_700_000_000.0)
        before = clock.unix()
        await clock.sleep(3600.0)
        return before, clock.unix()

    before, after = run_virtual(main())
    assert before == pytest.approx(1_700_000_000.0)
    assert after - before == pytest.approx(3600.0)


def test_the_epoch_is_todays_without_a_loop_and_with_one() -> None:
    clock = WallClock()
    assert abs(clock.unix() - time.time()) < 1.0

    async def main() -> float:
        return clock.unix()

    assert abs(asyncio.run(main()) - time.time()) < 1.0


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_time_cannot_stand_still_or_run_backwards(speed: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        WallClock(speed)


def test_virtual_time_stands_still_while_a_thread_works() -> None:
    async def main() -> tuple[str, float, bool]:
        clock = WallClock()
        woken = asyncio.create_task(clock.sleep(0.05))
        go = threading.Event()
        threading.Timer(0.03, go.set).start()
        found = await asyncio.to_thread(lambda word: go.wait(5.0) and word, "done")
        at, early = clock.now(), woken.done()
        await woken
        return found, at, early

    found, at, early = run_virtual(main())
    assert (found, at, early) == ("done", 0.0, False)


def test_work_off_the_loop_is_done_in_its_turn_in_virtual_time() -> None:
    async def main() -> list[int]:
        done: list[int] = []

        async def work(number: int) -> None:
            await off_loop(threading.Event().wait, 0.02 / number)  # the later, the faster
            done.append(number)

        await asyncio.gather(*map(work, (1, 2, 4)))
        assert await off_loop(threading.get_ident) == threading.get_ident()
        return done

    assert run_virtual(main()) == [1, 2, 4]


def test_a_hold_ends_with_what_raised_in_it() -> None:
    async def main() -> float:
        clock = WallClock()
        with pytest.raises(RuntimeError), clock.hold():
            raise RuntimeError
        await clock.sleep(10.0)
        return clock.now()

    assert run_virtual(main()) == pytest.approx(10.0)


async def test_off_loop_and_hold_work_in_real_time_too() -> None:
    clock = WallClock()
    assert await off_loop(threading.get_ident) != threading.get_ident()
    with clock.hold():
        assert clock.now() > 0.0


async def test_what_work_in_a_thread_raises_reaches_its_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        await off_loop(lambda: 1 // 0)


def test_a_virtual_loop_still_hears_sockets() -> None:
    async def main() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.readline()).upper())
            writer.close()
            await writer.wait_closed()

        clock = WallClock()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        with clock.hold():
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            line = await reader.read()
            writer.close()
            await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return line

    assert run_virtual(main()) == b"HELLO\n"


def test_the_stopwatch_measures_real_seconds() -> None:
    first = stopwatch()
    assert 0.0 <= stopwatch() - first < 1.0


@pytest.mark.parametrize("virtual", [True, False])
def test_a_limit_of_real_seconds_ends_what_hangs_while_virtual_time_stands_still(virtual: bool) -> None:
    async def main() -> float:
        clock = WallClock()
        began = clock.now()
        with pytest.raises(TimeoutError), clock.hold():
            async with within(0.02):
                await asyncio.Event().wait()
        async with within(3_600.0):
            pass
        return clock.now() - began

    passed = run_virtual(main()) if virtual else asyncio.run(main())
    assert passed == 0.0 if virtual else passed >= 0.02
