"""Keys of KV blocks from token ids: a hash chain, so that a key stands for its block and all before it.

The chain is vLLM's by construction (each block's hash is of its parent's, its tokens, and what else decides its
content), with SHA-256 over fixed-width integers; a key is the low 64 bits, as vLLM's events have it.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256


def chain(ids: Sequence[int], block_size: int, parent: bytes) -> tuple[list[int], bytes]:
    """Keys of the full blocks of `ids`, and the digest that the next block goes on from."""
    data = array("I", ids).tobytes()
    width = block_size * 4
    keys = []
    for start in range(0, len(data) - width + 1, width):
        parent = sha256(parent + data[start : start + width]).digest()
        keys.append(int.from_bytes(parent[-8:], "big"))
    return keys, parent


def root(*extra: str) -> bytes:
    """What the first block goes on from: the adapter, the cache salt, whatever else keeps content apart."""
    found = sha256()
    for word in extra:
        data = word.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(4, "big") + data)  # with its length, lest two words be taken for two others
    return found.digest()


class OutputKeys(Sequence[int]):
    """Keys of the blocks that an answer completes, worked out when somebody looks: most answers are never gone on from.

    Begins with what the prompt's last block holds already. Ends at the first piece that is not one token.
    """

    def __init__(
        self,
        rest: Sequence[int],
        parent: bytes,
        pieces: Sequence[str],
        block_size: int,
        ids: Mapping[str, int],
        learn: Callable[[Sequence[int], Sequence[int]], None] | None = None,
    ) -> None:
        """`rest`: tokens of the prompt after its last full block; `ids`: the token of each piece, -1 where it is not one.

        `learn` is told the keys and the tokens that they are of.
        """
        self._learn = learn
        self._source: tuple[Sequence[int], bytes, Sequence[str]] | None = (rest, parent, pieces)
        self._block_size = block_size
        self._ids = ids
        self._keys: list[int] = []

    def _known(self) -> list[int]:
        if self._source is not None:
            rest, parent, pieces = self._source
            ids = [*rest, *map(self._ids.__getitem__, pieces)]
            if -1 in ids:
                del ids[ids.index(-1) :]
            self._keys, _ = chain(ids, self._block_size, parent)
            self._source = None
            if self._learn is not None:
                self._learn(self._keys, ids)
        return self._keys

    def __len__(self) -> int:
        return len(self._known())

    def __getitem__(self, at: int | slice) -> "int | list[int]":  # type: ignore[override]  # a slice is a list
        return self._known()[at]
