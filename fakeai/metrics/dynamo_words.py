"""Words and buckets that Dynamo's parts share. Source: a scrape of ai-dynamo 1.6.1."""

from typing import Literal

from fakeai.core.events import WorkerSnapshot
from fakeai.metrics.base import Buckets

INPUT = Buckets(0, 100, 210, 430, 870, 1800, 3600, 7400, 15000, 31000, 63000, 130000)
OUTPUT = Buckets(0, 100, 210, 430, 880, 1800, 3700, 7600, 16000, 32000)
TTFT = Buckets(0, 0.0022, 0.0047, 0.01, 0.022, 0.047, 0.1, 0.22, 0.47, 1, 2.2, 4.7, 10, 22, 48, 100, 220, 480)
HANDOVER = Buckets(0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1)

NAMESPACE = "dynamo"
PROCESS = (NAMESPACE, "router", "frontend")
"""Namespace, component and worker id of the process that routes."""


def dynamo_kind(now: WorkerSnapshot | None) -> Literal["prefill", "decode"]:
    """A worker's kind; one that does both is told as `decode`, as Dynamo tells it."""
    return "prefill" if now is not None and now.role == "prefill" else "decode"
