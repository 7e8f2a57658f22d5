"""Sound that is no turn yet, by its position."""

import numpy as np

from fakeai.services.realtime.buffer import InputBuffer


def test_parts_are_found_by_their_positions() -> None:
    buffer = InputBuffer()
    buffer.append(np.arange(10, dtype=np.int16))
    assert np.frombuffer(buffer.part(2, 4), "<i2").tolist() == [2, 3]
    assert np.frombuffer(buffer.take(3, 6), "<i2").tolist() == [3, 4, 5]
    assert (buffer.start, buffer.end) == (6, 10)
    assert np.frombuffer(buffer.part(0, 100), "<i2").tolist() == [6, 7, 8, 9]
    buffer.forget(2)
    buffer.clear()
    assert (buffer.start, buffer.end, buffer.part(0, 10)) == (10, 10, b"")
