"""What NVIDIA NIM tells of itself: health, licence, metadata, manifest.

Source: docs.nvidia.com/nim/large-language-models, API reference (`health-live`, `health-ready`, `get-license`, `get-metadata`,
`get-manifest`). `/v1/version` is vLLM's path without its prefix: see `wire/engines`.
"""

from typing import Literal

from typing_extensions import TypedDict


class NimHealth(TypedDict):
    """Alive, or ready."""

    object: Literal["health.response"]
    message: str
    status: str


class NimLicense(TypedDict):
    """The licence's text, its SHA-1 and its length in characters."""

    name: str
    path: str
    sha: str
    size: int
    url: str
    type: Literal["file"]
    content: str


class NimModel(TypedDict):
    """A model that is served."""

    shortName: str
    modelUrl: str


class NimMetadata(TypedDict):
    """What is deployed."""

    version: str
    modelInfo: list[NimModel]
    assetInfo: list[str]
    licenseInfo: NimLicense
    repository_override: str
    selectedModelProfileId: str


class NimManifest(TypedDict):
    """The profiles there are, as YAML."""

    manifest_file: str
    repository_override: str
