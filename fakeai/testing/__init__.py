"""For people who test their application: FakeAI without and with a socket, virtual time, transports, a pytest plugin."""

from fakeai.testing.fake import API_KEY, FakeAI
from fakeai.testing.loops import run_virtual
from fakeai.testing.records import Request
from fakeai.testing.transports import async_transport_class, transport_class

__all__ = ["API_KEY", "FakeAI", "Request", "async_transport_class", "run_virtual", "transport_class"]
