"""A vocabulary of whole strings, for what knows tokens but no model: its tokens are numbered in the order they are met."""

from collections.abc import Sequence


class Words:
    """As much of a Hugging Face tokenizer as detokenizing takes."""

    def __init__(self, *special: str) -> None:
        self.known: list[str] = []
        self.all_special_tokens = list(special)
        for token in special:
            self.id(token)

    def id(self, text: str) -> int:
        if text not in self.known:
            self.known.append(text)
        return self.known.index(text)

    def convert_tokens_to_ids(self, token: str) -> int:
        return self.id(token)

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool = False, **_: object) -> str:
        texts = (self.known[token] for token in ids)
        return "".join(text for text in texts if not (skip_special_tokens and text in self.all_special_tokens))
