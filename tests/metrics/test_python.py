"""The collector's numbers are those of the interpreter, under the names of Python's own exporter."""

import gc

from prometheus_client.parser import text_string_to_metric_families

from fakeai.metrics.python import PythonMetrics


def read() -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families("".join(PythonMetrics().expose()))
    return {(sample.name, sample.labels["generation"]): sample.value for of in families for sample in of.samples}


def test_what_the_collector_does_is_counted_by_generation() -> None:  # gateway 73
    before = read()
    assert {name for name, _ in before} == {
        "python_gc_objects_collected_total",
        "python_gc_objects_uncollectable_total",
        "python_gc_collections_total",
    }
    ring: list[object] = []
    ring.append(ring)
    del ring
    gc.collect()
    after = read()
    assert after["python_gc_collections_total", "2"] == before["python_gc_collections_total", "2"] + 1
    collected = "python_gc_objects_collected_total"
    assert after[collected, "2"] > before[collected, "2"]
