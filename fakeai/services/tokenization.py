"""vLLM's `/tokenize` and `/detokenize`: a text or a conversation as the tokens its model reads, and back (vLLM 0.33)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from fakeai.content import template
from fakeai.content.tokens import INLINE_LIMIT, Encoding, encoding
from fakeai.content.vocabulary import EncodingName
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import off_loop
from fakeai.core.errors import ModelNotFound
from fakeai.services import prompt
from fakeai.services.directory import ModelDirectory
from fakeai.wire import tokenization as wire
from fakeai.wire.engines import EngineRefusal

FRAMES: Mapping[EncodingName, Mapping[int, str]] = MappingProxyType(
    {
        "o200k_base": {200264: "<|im_start|>", 200265: "<|im_end|>", 200266: "<|im_sep|>"},
        "cl100k_base": {100264: "<|im_start|>", 100265: "<|im_end|>", 100266: "<|im_sep|>"},
    }
)
"""What frames messages: ids beyond what the published vocabularies name."""

_GENERATION_PROMPT = 3
"""Tokens at a conversation's end that have the model answer."""
_MESSAGE_END = 1


class Tokenization:
    """Counts are those of `usage`: what `/tokenize` counts is what a completion of the same input is charged for."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/tokenize",
            "tokenize",
            "Cut a text or a conversation into tokens",
            body=wire.TokenizeRequest,
            tag="Tokens",
            root=True,
        ),
        Endpoint(
            "POST",
            "/detokenize",
            "detokenize",
            "Put tokens together",
            body=wire.DetokenizeRequest,
            tag="Tokens",
            root=True,
        ),
    )

    def __init__(self, directory: ModelDirectory) -> None:
        self._directory = directory

    async def tokenize(self, call: Call) -> Reply:
        """Raises EngineRefusal for a model that does not exist or is real, and for what `wire` refuses."""
        body: wire.TokenizeRequest = call.body
        wire.check(body)
        card = self._card(call, body.model)
        if len(call.raw) > INLINE_LIMIT or any(isinstance(m.content, list) for m in body.messages or ()):
            return Reply(await off_loop(_tokenized, body, card))
        return Reply(_tokenized(body, card))

    async def detokenize(self, call: Call) -> Reply:
        """Raises EngineRefusal as `tokenize`, and for an id outside the vocabulary."""
        body: wire.DetokenizeRequest = call.body
        enc = encoding(self._card(call, body.model).encoding)
        if len(call.raw) > INLINE_LIMIT:
            return Reply(await off_loop(_detokenized, body.tokens, enc))
        return Reply(_detokenized(body.tokens, enc))

    def _card(self, call: Call, model: str | None) -> ModelCard:
        try:
            card = self._directory.card(model)
        except ModelNotFound:
            raise EngineRefusal(
                f"The model `{(model or '')[:256]}` does not exist.", "NotFoundError", 404, "model"
            ) from None
        if card.own_tokens:
            raise EngineRefusal(f"The model `{card.id}` keeps its tokenizer to itself.", "NotImplementedError", 501)
        call.model = card.id
        return card


def _tokenized(body: wire.TokenizeRequest, card: ModelCard) -> wire.Tokenized:
    enc = encoding(card.encoding)
    tokens = enc.encode(body.prompt) if body.prompt is not None else _conversation(body, card, enc)
    strings = _strings(tokens, enc) if body.return_token_strs else None
    return wire.Tokenized(count=len(tokens), max_model_len=card.context_window, tokens=tokens, token_strs=strings)


def _conversation(body: wire.TokenizeRequest, card: ModelCard, enc: Encoding) -> list[int]:
    """As a completion reads it, unless asked not to begin the answer or to leave the last message open."""
    tools = prompt.declared(body.tools or ())
    ids = template.prompt_ids(prompt.looked_at(prompt.messages(body.messages or ()), body), tools, enc, card)
    if body.continue_final_message:
        return ids[: -_GENERATION_PROMPT - (_MESSAGE_END if body.messages else 0)]
    return ids if body.add_generation_prompt else ids[:-_GENERATION_PROMPT]


def _detokenized(tokens: Sequence[int], enc: Encoding) -> wire.Detokenized:
    return wire.Detokenized(prompt="".join(_texts(tokens, enc)))


def _texts(tokens: Sequence[int], enc: Encoding) -> Iterator[str]:
    """Texts of `tokens`, cut at the tokens that frame messages: no character spans one of them."""
    frames = FRAMES[enc.name]
    start = 0
    for at, token in enumerate(tokens):
        if token in frames:
            yield _text(tokens[start:at], enc)
            yield frames[token]
            start = at + 1
    yield _text(tokens[start:], enc)


def _text(tokens: Sequence[int], enc: Encoding) -> str:
    """Text of ids of the vocabulary; those between its first and its last that it has not stand for nothing."""
    try:
        return enc.decode(tokens)
    except (KeyError, OverflowError):
        largest = max(tokens)
        if largest >= enc.size:
            raise EngineRefusal(f"Token id {largest} is out of vocabulary") from None
        return b"".join(_bytes(token, enc) for token in tokens).decode("utf-8", "replace")


def _bytes(token: int, enc: Encoding) -> bytes:
    try:
        return enc.token_bytes(token)
    except KeyError:
        return b""


def _strings(tokens: Sequence[int], enc: Encoding) -> list[str]:
    """Tokens as byte-level vocabularies write them: a printable character for every byte, `Ġ` for the space."""
    frames = FRAMES[enc.name]
    letters = _byte_letters()
    return [frames.get(token) or _bytes(token, enc).decode("latin-1").translate(letters) for token in tokens]


@lru_cache(maxsize=1)
def _byte_letters() -> Mapping[int, str]:
    """The letter that stands for each byte (GPT-2's `bytes_to_unicode`): itself if printable, else those from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    rest = iter(range(0x100, 0x200))
    return MappingProxyType({byte: chr(byte if byte in printable else next(rest)) for byte in range(0x100)})
