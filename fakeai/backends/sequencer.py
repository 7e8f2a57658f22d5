"""What a simulated cluster is asked for a request: sequences with their sizes and the keys of their blocks.

Knows how prompts become tokens and blocks; knows no engine and no time.
"""

from collections.abc import Sequence
from functools import partial
from itertools import count

from fakeai.backends.block_contents import BlockContents, TokenIds
from fakeai.backends.block_keys import OutputKeys, chain, root
from fakeai.backends.reading import Reader
from fakeai.content import template
from fakeai.content.script import Script
from fakeai.content.tokens import INLINE_LIMIT, Encoding, encoding
from fakeai.core.generation import GenerateRequest, Text
from fakeai.sim.types import SimRequest


class Sequencer:
    """For the cluster of one model. May be asked from several threads at once."""

    def __init__(self, model: str, block_size: int, contents: BlockContents | None = None) -> None:
        """`contents` is told what is in the blocks."""
        self._model = model
        self._block_size = block_size
        self._contents = contents
        self._numbers = count(1)
        self._token_ids: dict[str, TokenIds] = {}

    def heavy(self, request: GenerateRequest) -> bool:
        """Whether cutting the prompt into tokens takes long."""
        return any(message.media for message in request.messages) or (
            sum([len(message.text) for message in request.messages]) > INLINE_LIMIT // 4
        )

    def sequences(self, request: GenerateRequest, script: Script) -> list[SimRequest]:
        """One a choice; they share the prompt's blocks, and with earlier requests what they have in common."""
        enc = encoding(request.model.encoding)
        size, contents = self._block_size, self._contents
        ids = self._prompt(request, enc)
        lora = "" if request.model.id == self._model else request.model.id
        keys, parent = chain(ids, size, root(self._model, lora, request.placement.salt))
        rest = ids[len(keys) * size :]
        blocks = tuple(keys)
        echoed = len(enc.pieces(request.messages[-1].text)) if request.echo else 0  # told, though nobody makes it
        number = next(self._numbers)
        if contents is not None:
            contents.learn(keys, ids, lora)
        return [
            SimRequest(
                id=f"{number}-{choice}",
                prompt_tokens=max(1, request.prompt_tokens),
                output_tokens=max(1, Reader(deltas).tokens - echoed),
                blocks=blocks,
                output_blocks=OutputKeys(
                    rest,
                    parent,
                    _pieces(deltas)[echoed:],
                    size,
                    self._tokens(enc),
                    None if contents is None else partial(contents.learn, lora=lora),
                ),
                max_tokens=request.sampling.max_tokens or 0,
                choices=len(script.choices),
                priority=request.placement.priority,
                lora=lora,
                affinity=request.placement.affinity,
                streamed=request.streamed,
            )
            for choice, deltas in enumerate(script.choices)
        ]

    def readings(self, prompts: Sequence[Sequence[int]]) -> list[SimRequest]:
        """Prompts (token ids) that are only read: one sequence each, over with what would be its first token."""
        start = root(self._model, "", "")
        number = next(self._numbers)
        return [
            SimRequest(
                f"{number}-{at}", max(1, len(ids)), 1, tuple(chain(ids, self._block_size, start)[0]), streamed=False
            )
            for at, ids in enumerate(prompts)
        ]

    def _prompt(self, request: GenerateRequest, enc: Encoding) -> list[int]:
        """Ids of the prompt's tokens, as many as it is charged for: a text given as ids may be cut otherwise."""
        if request.prompt_ids is not None:
            ids = list(request.prompt_ids)
        elif request.raw_prompt:
            ids = enc.encode(request.messages[0].text)
        else:
            ids = template.prompt_ids(request.messages, request.tools, enc, request.model, request.json_schema)
        return ids[: request.prompt_tokens] + [0] * (request.prompt_tokens - len(ids))

    def _tokens(self, enc: Encoding) -> TokenIds:
        return self._token_ids.setdefault(enc.name, TokenIds(enc))


def _pieces(deltas: Sequence[object]) -> list[str]:
    """The tokens of an answer that is nothing but text; none otherwise."""
    found: list[str] = []
    for delta in deltas:
        if isinstance(delta, Text):
            found += delta.pieces
        elif getattr(delta, "pieces", None) or getattr(delta, "tokens", 0):
            return []
    return found
