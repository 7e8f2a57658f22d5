"""A list of models in a file of its own: which there are, who answers for each, and which is the default.

    default_model: gpt-4o
    models:
      - gpt-4o
      - id: ours
        backend: openai
        base_url: http://localhost:8001/v1

Each entry is an id, or a mapping with an id and the settings of `models.ID`. Every complaint names the file and the line.
"""

from pathlib import Path
from typing import Any, NamedTuple

_KEYS = frozenset({"models", "default_model"})


class Listed(NamedTuple):
    """What the file says. `models` are settings by id, in order, the default first (Any: they are validated afterwards)."""

    default: str
    models: dict[str, dict[str, Any]]
    lines: dict[str, int]


def read(path: Path) -> Listed:
    """The list in the file. Raises ValueError with file, line and reason."""
    import yaml

    try:
        root = yaml.compose(path.read_text("utf-8"), yaml.SafeLoader)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}:1: {error.reason}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ValueError(
            f"{path}:{1 if mark is None else mark.line + 1}: {getattr(error, 'problem', error)}"
        ) from error
    return _Reader(path).listed(root)


class _Reader:
    """Reads the nodes of one file. Any: PyYAML has no types."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def listed(self, root: Any) -> Listed:
        import yaml

        default, entries = "", root
        if isinstance(root, yaml.MappingNode):
            entries = None
            for key, value in root.value:
                if key.value not in _KEYS:
                    raise self._fault(key, f"unknown key {key.value!r}: expected 'models' or 'default_model'")
                if key.value == "models":
                    entries = value
                else:
                    default = self._text(value, "default_model")
        if not isinstance(entries, yaml.SequenceNode) or not entries.value:
            raise self._fault(entries or root, "expected a list of models")
        models: dict[str, dict[str, Any]] = {}
        lines: dict[str, int] = {}
        for node in entries.value:
            name, values = self._entry(node)
            models.setdefault(name, {}).update(values)
            lines.setdefault(name, node.start_mark.line + 1)
        default = default or next(iter(models))
        return Listed(default, {default: models.pop(default, {}), **models}, lines)

    def _entry(self, node: Any) -> tuple[str, dict[str, Any]]:
        import yaml

        if isinstance(node, yaml.ScalarNode):
            return self._id(node, self._text(node, "a model's id")), {}
        if not isinstance(node, yaml.MappingNode):
            raise self._fault(node, "a model is an id, or a mapping with an id")
        loader = yaml.SafeLoader("")
        try:
            values = loader.construct_mapping(node, deep=True)
        except yaml.YAMLError as error:
            raise self._fault(node, getattr(error, "problem", None) or str(error)) from error
        name = values.pop("id", None)
        if not isinstance(name, str) or not name:
            raise self._fault(node, "a model needs an 'id', which is a text")
        return self._id(node, name), values

    def _id(self, node: Any, name: str) -> str:
        if len(name.split()) != 1 or name != name.strip():
            raise self._fault(node, "a model's id has no spaces")
        return name

    def _text(self, node: Any, what: str) -> str:
        if getattr(node, "tag", "") != "tag:yaml.org,2002:str" or not node.value:
            raise self._fault(node, f"{what} must be a text")
        return str(node.value)

    def _fault(self, node: Any, reason: str) -> ValueError:
        line = 1 if node is None else node.start_mark.line + 1
        return ValueError(f"{self._path}:{line}: {reason}")
