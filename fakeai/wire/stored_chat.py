"""Requests about stored chat completions."""

from fakeai.wire.base import Metadata, Wire


class StoredUpdate(Wire):
    """Body of `POST /chat/completions/{id}`: the metadata to have from now on."""

    metadata: Metadata | None
