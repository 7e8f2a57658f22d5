"""Models of random weights, made on the spot in a shape that is asked for, with a vocabulary of whole words.

Their answers mean nothing and take as long as those of trained ones. Each token is a word, so that a server sends every
one by itself: no character is left half.
"""

from pathlib import Path
from typing import Any

from fakeai.core.hardware import ModelShape, shape

SMALL = ModelShape(
    name="small", attention="gqa", layers=4, hidden=256, heads=8, kv_heads=4, head_dim=32, ffn=768, vocab=4096,
    max_context=8192, source="made up",
)  # fmt: skip
_SPECIAL = ("<pad>", "<end>", "<user>", "<assistant>", "<unknown>")
_TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}> {{ message.content }} <end> {% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def known(name: str) -> ModelShape:
    """`small`, or a shape of the package's table. Raises ValueError for what is no plain Llama inside."""
    found = SMALL if name == SMALL.name else shape(name)
    if found.attention not in ("gqa", "mha") or found.experts or found.window:
        raise ValueError(f"{found.name}: only dense models with plain attention can be made, such as llama-3.1-8b")
    return found


def save(wanted: ModelShape, folder: Path, device: str, words: list[str], seed: int = 7) -> None:
    """Weights (bfloat16, on a CPU float32), config and tokenizer in `folder`."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(wanted.vocab, words)
    config = LlamaConfig(
        vocab_size=wanted.vocab,
        hidden_size=wanted.hidden,
        intermediate_size=wanted.ffn,
        num_hidden_layers=wanted.layers,
        num_attention_heads=wanted.heads,
        num_key_value_heads=wanted.kv_heads,
        head_dim=wanted.head_dim,
        max_position_embeddings=wanted.max_context,
        tie_word_embeddings=wanted.tied,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype=torch.float32 if device == "cpu" else torch.bfloat16,
    )
    torch.manual_seed(seed)
    before = torch.get_default_dtype()
    torch.set_default_dtype(config.dtype)
    try:
        with torch.device(device):
            model = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    with torch.no_grad():
        model.get_output_embeddings().weight[: len(_SPECIAL)] = 0.0  # never the likeliest: no answer ends by itself
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer(size: int, words: list[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = list(dict.fromkeys([*_SPECIAL, *words]))
    vocabulary += [f"w{number}" for number in range(size - len(vocabulary))]
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(vocabulary)}, unk_token="<unknown>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unknown>", eos_token="<end>", pad_token="<pad>",
        additional_special_tokens=["<user>", "<assistant>"],
    )  # fmt: skip
    tokenizer.chat_template = _TEMPLATE
    return tokenizer
