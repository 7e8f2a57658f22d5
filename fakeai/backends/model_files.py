"""What a Hugging Face model's files say of it, read without loading it: its window, its kind, how its vectors are made.

A directory's files are read as they are; a name on the hub is looked up by `transformers`, in its cache first.
"""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from fakeai.backends.local import Spec
from fakeai.core.catalog import ModelCard

_DEFAULT_WINDOW = 2_048
_WINDOWS = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx")
_SIZES = ("hidden_size", "n_embd", "d_model", "dim")
_POOLINGS: Mapping[str, str] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "last",
}


class ModelFiles(NamedTuple):
    """What can be known before loading."""

    window: int
    hidden: int
    pooling: str
    """How token states become one vector: `mean`, `cls` or `last` (models that make vectors)."""


def need(package: str, backend: str) -> None:
    """Raise ValueError, with what to install, where `package` is missing."""
    if find_spec(package) is None:
        raise ValueError(f"backend {backend!r} needs the package {package!r}: pip install 'fakeai[{backend}]'")


def look(spec: Spec) -> ModelFiles:
    """Read the files of a model. Raises ValueError, naming the file, for one that cannot be served so."""
    config = _json(spec, "config.json")
    said = config.get("text_config")
    inner: Mapping[str, Any] = said if isinstance(said, dict) else config
    names = [str(name) for name in config.get("architectures") or ()]
    makes_text = any(name.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")) for name in names)
    if spec.family == "chat" and names and not makes_text:
        raise ValueError(f"{spec.path!r} is a {names[0]}, which generates no text; is its family 'embedding'?")
    window = next((inner[key] for key in _WINDOWS if isinstance(inner.get(key), int)), _DEFAULT_WINDOW)
    if spec.context_window is not None:
        if spec.context_window > window:
            raise ValueError(f"context_window {spec.context_window} is more than the {window} tokens of {spec.path!r}")
        window = spec.context_window
    hidden = next((inner[key] for key in _SIZES if isinstance(inner.get(key), int)), 0)
    if spec.family == "embedding" and not hidden:
        raise ValueError(f"config.json of {spec.path!r} does not say how large its vectors are (hidden_size)")
    return ModelFiles(window, hidden, _pooling(spec) if spec.family == "embedding" else "mean")


def card(spec: Spec, files: ModelFiles) -> ModelCard:
    """The model as the catalog has it."""
    return ModelCard(
        spec.id,
        "embedding" if spec.family == "embedding" else "chat",
        owned_by="local",
        context_window=files.window,
        max_output=0 if spec.family == "embedding" else files.window,
        capabilities=frozenset() if spec.family == "embedding" else frozenset({"tools", "json_schema", "logprobs"}),
        dimensions=files.hidden if spec.family == "embedding" else 0,
        shortens=spec.shortens,
        own_tokens=True,
        source=spec.path,
    )


def _pooling(spec: Spec) -> str:
    """As the files of sentence-transformers say, else the mean."""
    try:
        said = _json(spec, "1_Pooling/config.json")
    except ValueError:
        return "mean"
    wanted = [name for name, on in said.items() if name.startswith("pooling_mode_") and on is True]
    if len(wanted) != 1 or wanted[0] not in _POOLINGS:
        raise ValueError(f"{spec.path!r} pools by {', '.join(wanted)}; known are {', '.join(_POOLINGS)}, one at a time")
    return _POOLINGS[wanted[0]]


def _json(spec: Spec, name: str) -> Mapping[str, Any]:
    """One of the model's files. Any: whatever its maker wrote there."""
    try:
        found = json.loads(_path(spec.path, name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read {name} of the model {spec.path!r}: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{name} of the model {spec.path!r} is no JSON object")
    return found


def _path(model: str, name: str) -> Path:
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder / name
    if model.startswith((".", "/", "~")) or model.count("/") != 1:
        raise FileNotFoundError(f"there is no directory {model}")
    from transformers.utils import cached_file

    found = cached_file(model, name)
    assert found is not None, "raises what is missing"
    return Path(found)
