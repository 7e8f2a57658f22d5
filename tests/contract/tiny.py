"""Tiny models of random weights, made on the spot: a Llama that generates, a Bert that makes vectors. No download."""

import os
from pathlib import Path
from typing import Any

import pytest

os.environ["HF_HUB_OFFLINE"] = (
    "1"  # before transformers is imported: a test that looks for a model on the hub must fail
)

TEMPLATE = (
    "{% if tools %}<|im_start|>system\n# Tools\n{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}<|im_end|>\n{% endif %}"
    "{% for message in messages %}"
    "{% if message.role == 'forbidden' %}{{ raise_exception('no such role') }}{% endif %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LINES = [
    "The sea is blue and the sky is blue.",
    "Tell me about the sea, the sky and the sun.",
    '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>',
    "user assistant system user assistant system",
    "Größe, Übermut, naïve café, 北京, 🙂🙃",
]
WINDOW = 512


def tokenizer(template: str | None = TEMPLATE) -> Any:
    """A byte-level BPE of some 400 tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    bpe.train_from_iterator(LINES * 3, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", bos_token="<|endoftext|>"
    )
    made.chat_template = template
    return made


def save_chat(folder: Path, *, template: str | None = TEMPLATE, model: str = "llama", seed: int = 7) -> Path:
    """A causal language model of two layers in `folder`."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.set_num_threads(1)  # so small a model only loses by more, and tests run beside each other
    words = tokenizer(template)
    shape = {"vocab_size": len(words), "eos_token_id": words.eos_token_id, "bos_token_id": words.bos_token_id}
    sizes = {
        "llama": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
        | {"num_key_value_heads": 2, "max_position_embeddings": WINDOW},
        "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": WINDOW},
        "qwen2": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
        | {
            "num_key_value_heads": 2,
            "max_position_embeddings": WINDOW,
            "sliding_window": 16,
            "use_sliding_window": True,
        }
        | {"max_window_layers": 1},
    }
    config = AutoConfig.for_model(model, pad_token_id=words.pad_token_id, **shape, **sizes[model])
    torch.manual_seed(seed)
    made = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        made.get_output_embeddings().weight.mul_(40)  # so that it prefers some tokens over others, as trained ones do
    made.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def save_encoder(folder: Path, *, seed: int = 7) -> Path:
    """A Bert of two layers in `folder`."""
    import torch
    from transformers import BertConfig, BertModel

    torch.set_num_threads(1)
    words = tokenizer(None)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model that generates."""
    pytest.importorskip("torch", reason="needs the extra 'transformers'")
    pytest.importorskip("transformers", reason="needs the extra 'transformers'")
    return save_chat(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model that makes vectors."""
    pytest.importorskip("torch", reason="needs the extra 'transformers'")
    pytest.importorskip("transformers", reason="needs the extra 'transformers'")
    return save_encoder(tmp_path_factory.mktemp("encoder"))
