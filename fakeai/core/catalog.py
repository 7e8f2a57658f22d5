"""Cards of models, read from `data/models.toml`: windows, limits, prices, capabilities.

Knows which models there are and what they can do; does not know how they answer.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from fakeai.core.lessons import Lessons

Family = Literal["chat", "completion", "embedding", "moderation", "image", "audio", "realtime", "video", "rerank"]
Capability = Literal[
    "vision",  # image parts
    "audio_in",
    "audio_out",
    "video",  # video parts (Cosmos-style)
    "tools",
    "json_schema",
    "reasoning",  # hidden reasoning tokens, max_completion_tokens instead of max_tokens
    "reasoning_content",  # visible reasoning (DeepSeek-style)
    "logprobs",
    "web_search",
    "prediction",  # predicted outputs
]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model. Prices in USD per million tokens; windows in tokens; `created` in epoch seconds."""

    id: str
    family: Family = "chat"
    owned_by: str = "openai"
    created: int = 1_700_000_000
    context_window: int = 128_000
    max_output: int = 16_384
    """Most tokens of one answer; 0 for families that do not answer in tokens."""
    encoding: Literal["o200k_base", "cl100k_base"] = "o200k_base"
    capabilities: frozenset[Capability] = frozenset()
    price_input: float = 0.0
    price_cached: float = 0.0
    """0 where the model has no cheaper cached input."""
    price_output: float = 0.0
    dimensions: int = 0
    """Size of an embedding; 0 for other families."""
    shortens: bool = False
    """Whether an embedding may be asked for with fewer `dimensions`."""
    requests_per_minute: int = 10_000
    tokens_per_minute: int = 2_000_000
    shutdown_date: str | None = None
    known: bool = True
    """False for an id that is not in the catalog and was accepted all the same."""
    own_tokens: bool = False
    """Whether a real model answers, which reads, counts and limits tokens by a vocabulary of its own, not by `encoding`."""
    source: str = ""
    parent: str | None = None
    """The model that this one is an adapter (LoRA) of."""
    root: str | None = None
    """Where an adapter's weights come from."""
    lessons: Lessons | None = field(default=None, compare=False, repr=False)
    """What a fine-tuned model has learned, if it was made here."""

    def can(self, capability: Capability) -> bool:
        """Whether the model has `capability`."""
        return capability in self.capabilities


@dataclass(frozen=True, slots=True)
class Catalog:
    """All cards by id. A dated id (`gpt-4o-2024-08-06`) has a card of its own, alike but for the id."""

    cards: dict[str, ModelCard] = field(default_factory=dict)
    _names: dict[str, str] = field(init=False, repr=False, compare=False)
    """Ids by their last path segment in lower case, which is what unknown ids are compared with."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_names", {_name(known): known for known in reversed(self.cards)})

    def joined(self, cards: Iterable[ModelCard]) -> "Catalog":
        """This catalog with more cards, which take the place of those of the same id."""
        return Catalog(self.cards | {card.id: card for card in cards})

    def only(self, ids: Iterable[str]) -> "Catalog":
        """The cards of these ids, in this order; one that is not here is alike to the one that it resembles most."""
        found = {name: self.get(name) or replace(self.accept(name), known=True, owned_by="fakeai") for name in ids}
        return Catalog(found)

    def get(self, model: str) -> ModelCard | None:
        """The card of `model`, or None."""
        return self.cards.get(model)

    def accept(self, model: str) -> ModelCard:
        """A card for an id that is not in the catalog: that of the known id it resembles most, else a plain chat model.

        A fine-tune (`ft:gpt-4o-mini:org:name:id`) takes its base's card. Otherwise the longest known id that `model`
        continues after a separator decides (`gpt-5.4-custom` → `gpt-5.4`), then words in the id such as `embed`.
        Organisation prefixes (`openai/…`) and case do not count, nor do characters beyond the first 256.
        """
        name = _name(_base(model[:_LONGEST]))
        close = self._names.get(name)
        if close is None:
            heads = (name[: mark.start()] for mark in reversed(list(_SEPARATOR.finditer(name))))
            close = next((self._names[head] for head in heads if head in self._names), None)
        if close is None:
            close = next((known for word, known in _HINTS if word in name and known in self.cards), None)
        card = self.cards[close] if close else ModelCard(model, capabilities=_PLAIN)
        return replace(card, id=model, known=False, shutdown_date=None, own_tokens=False)


_LONGEST = 256
_SEPARATOR = re.compile(r"[-.:@_]")
_PLAIN: frozenset[Capability] = frozenset({"vision", "tools", "json_schema", "logprobs", "prediction"})
_HINTS = (
    ("rerank", "rerank-v3.5"),
    ("embed", "text-embedding-3-small"),
    ("moderation", "omni-moderation-latest"),
    ("whisper", "whisper-1"),
    ("transcribe", "gpt-4o-transcribe"),
    ("tts", "gpt-4o-mini-tts"),
    ("realtime", "gpt-realtime"),
    ("dall-e", "dall-e-3"),
    ("image", "gpt-image-1.5"),
    ("sora", "sora-2"),
    ("deepseek-r", "deepseek-reasoner"),
    ("deepseek", "deepseek-chat"),
    ("cosmos", "nvidia/cosmos-reason1-7b"),
    ("llama", "meta-llama/Llama-3.1-8B-Instruct"),
    ("qwen3", "Qwen/Qwen3-32B"),
    ("gpt-6", "gpt-6-sol"),
    ("instruct", "gpt-4.1"),
)


def load() -> Catalog:
    """The catalog that ships with the package."""
    return Catalog(dict(_shipped()))


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, ModelCard]:
    """Its cards, read once a process: they are the same for all Apps, and nobody changes them."""
    text = files("fakeai").joinpath("data/models.toml").read_text("utf-8")
    cards: dict[str, ModelCard] = {}
    for row in tomllib.loads(text)["model"]:
        row["capabilities"] = frozenset(row.get("capabilities", ()))
        aliases = row.pop("aliases", ())
        _add(cards, ModelCard(**row))
        for alias in aliases:
            _add(cards, ModelCard(**{**row, "id": alias}))
    return MappingProxyType(cards)


def _add(cards: dict[str, ModelCard], card: ModelCard) -> None:
    if card.id in cards:
        raise ValueError(f"data/models.toml: {card.id!r} is listed twice")
    cards[card.id] = card


def _base(model: str) -> str:
    """What a fine-tuned model was made from; other ids as they are."""
    return model.split(":")[1] if model.startswith("ft:") and model.count(":") > 1 else model


def _name(model: str) -> str:
    return model.rsplit("/", 1)[-1].lower()
