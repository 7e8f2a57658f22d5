"""Weights and vocabularies of Hugging Face models, loaded: the only place that asks transformers for them.

Any: models and tokenizers are transformers' own classes, imported late.
"""

from typing import Any

from fakeai.backends.local import Spec


def load_text(spec: Spec) -> tuple[Any, Any, list[int]]:
    """Model, tokenizer, and the ids that end an answer."""
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(spec)
    device = pick_device(spec)
    dtype = torch.float32 if spec.dtype == "auto" and device == "cpu" else spec.dtype
    model = AutoModelForCausalLM.from_pretrained(spec.path, dtype=dtype).to(device).eval()
    ends: list[int] = []
    for said in (getattr(model.generation_config, "eos_token_id", None), tokenizer.eos_token_id):
        ends += said if isinstance(said, list) else [] if said is None else [said]
    return model, tokenizer, list(dict.fromkeys(ends))


def load_tokenizer(spec: Spec) -> Any:
    """A model's tokenizer. Raises ValueError for one without a `tokenizer.json`."""
    from transformers import AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(spec.path)
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise ValueError(f"{spec.path!r} has no fast tokenizer (tokenizer.json)")
    return tokenizer


def pick_device(spec: Spec) -> str:
    """Where the weights go."""
    import torch

    return spec.device if spec.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"


def load_encoder(spec: Spec) -> tuple[Any, Any]:
    """Model and tokenizer of what makes vectors."""
    import torch
    from transformers import AutoModel

    tokenizer = load_tokenizer(spec)
    device = pick_device(spec)
    dtype = torch.float32 if spec.dtype == "auto" and device == "cpu" else spec.dtype
    return AutoModel.from_pretrained(spec.path, dtype=dtype).to(device).eval(), tokenizer
