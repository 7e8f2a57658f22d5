"""Token ids by text, and tokens by KV block: what those are told who hear of blocks."""

from collections.abc import Hashable, Sequence

from fakeai.content.tokens import Encoding

_MOST_IDS = 65_536
_MOST_BLOCKS = 262_144


class BlockContents:
    """What is in blocks, by key, for those who are told of blocks; the latest `_MOST_BLOCKS` that requests brought."""

    def __init__(self, block_size: int) -> None:
        self._block_size = block_size
        self._known: dict[Hashable, tuple[Sequence[int], str]] = {}

    def learn(self, keys: Sequence[int], ids: Sequence[int], lora: str) -> None:
        """Block `keys[n]` has the n-th block of `ids`."""
        size, known = self._block_size, self._known
        for at, key in enumerate(keys):
            known.pop(key, None)
            known[key] = ids[at * size : (at + 1) * size], lora
        while len(known) > _MOST_BLOCKS:
            del known[next(iter(known))]

    def of(self, keys: Sequence[Hashable]) -> tuple[list[int], str]:
        """The tokens of blocks in a row, and their adapter; no tokens if one is not known."""
        found = [self._known.get(key) for key in keys]
        known = [one for one in found if one is not None]
        if len(known) < len(found) or not known:
            return [], ""
        return [token for ids, _ in known for token in ids], known[0][1]


class TokenIds(dict[str, int]):
    """Ids of texts that are one token; -1 for others. Forgets all when it is full."""

    def __init__(self, enc: Encoding) -> None:
        super().__init__()
        self._enc = enc

    def __missing__(self, piece: str) -> int:
        ids = self._enc.encode(piece)
        if len(self) >= _MOST_IDS:
            self.clear()
        self[piece] = token = ids[0] if len(ids) == 1 else -1
        return token
