"""Deltas → chat completion chunks, and deltas → the whole completion: the two shapes of one answer.

Both read the same deltas, so they cannot drift apart; a test folds the chunks and compares. Chunks are written by
template: everything but the piece itself is the same for all tokens of a stream.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from fakeai.core.generation import (
    Annotations,
    Audio,
    Burst,
    Finish,
    Reasoning,
    Refusal,
    Run,
    Stop,
    Text,
    TokenLogprob,
    ToolInput,
    ToolStart,
    Usage,
)

AUDIO_LIFETIME_S = 3600
_dumps = orjson.dumps


class Shape:
    """What is common to all chunks of one answer, and to its whole."""

    __slots__ = ("created", "fingerprint", "functions", "id", "include_usage", "model", "obfuscate", "service_tier")

    def __init__(
        self,
        id: str,
        created: int,
        model: str,
        service_tier: str,
        functions: bool = False,
        include_usage: bool = False,
        obfuscate: bool = False,
    ) -> None:
        self.id = id
        self.created = created
        self.model = model
        self.service_tier = service_tier
        self.fingerprint = fingerprint(model)
        self.functions = functions
        """Calls are told in the legacy `function_call` field."""
        self.include_usage = include_usage
        self.obfuscate = obfuscate

    def head(self, kind: str) -> dict[str, Any]:
        """The fields every object of this answer begins with."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": self.service_tier,
            "system_fingerprint": self.fingerprint,
        }


@lru_cache(maxsize=256)
def fingerprint(model: str) -> str:
    """The model's `system_fingerprint`: ten hexadecimal digits that stand for its configuration."""
    return f"fp_{blake2b(model.encode('utf-8', 'replace'), digest_size=5).hexdigest()}"


class Chunks:
    """Bursts of deltas → bursts of chunks (JSON documents)."""

    __slots__ = ("_frames", "_heard", "_kinds", "_open", "_shape", "_start", "_tail", "usage")

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        head = _dumps({**shape.head("chat.completion.chunk"), "choices": None})
        self._start = head[: -len(b"null}")]  # …,"choices":
        self._tail = b',"usage":null}' if shape.include_usage else b"}"
        self._open: set[int] = set()
        self._kinds: dict[tuple[int, int], str] = {}
        self._heard: set[int] = set()
        self._frames: dict[int, tuple[bytes, bytes]] = {}
        self.usage: Usage | None = None
        """Known once the Finish delta has passed."""

    def encode_all(self, bursts: Sequence[Burst]) -> Sequence[list[bytes]]:
        """`encode` for bursts in a row."""
        if type(bursts) is Run and bursts.choice in self._frames and not self._shape.obfuscate:
            start, end = self._frames[bursts.choice]
            return [[b"%b%b%b" % (start, _dumps(piece), end)] if piece else [] for piece in bursts.pieces]
        return [self.encode(burst) for burst in bursts]

    def encode(self, burst: Burst) -> list[bytes]:
        """One chunk a token, the role first, the finish reason last, then usage if it was asked for."""
        out: list[bytes] = []
        for delta in burst:
            if isinstance(delta, Finish):
                self.usage = delta.usage
                if self._shape.include_usage:
                    out.append(self._start + b'[],"usage":' + _dumps(usage(delta.usage)) + b"}")
                continue
            choice = delta.choice
            if choice not in self._open and not isinstance(delta, Annotations):
                self._open.add(choice)
                out.append(self._chunk(choice, _opening(delta)))
            self._one(delta, choice, out)
        return [self._padded(chunk) for chunk in out] if self._shape.obfuscate else out

    def _one(self, delta: Any, choice: int, out: list[bytes]) -> None:
        kind = type(delta)
        if kind is Text and choice not in self._frames and not any(delta.pieces):
            listed = None if delta.logprobs is None else logprobs_of(delta.logprobs)
            out.append(self._chunk(choice, {"content": ""}, listed))  # no words are not the same as no text
        elif kind is Text and delta.logprobs is None:
            self._frames[choice] = start, end = self._frame(choice, b'{"content":', b"}")
            out += [b"%b%b%b" % (start, _dumps(piece), end) for piece in delta.pieces if piece]
        elif kind is Text:
            for piece, token in zip(delta.pieces, delta.logprobs, strict=True):
                out.append(self._chunk(choice, {"content": piece}, logprobs_of([token])))
        elif kind is Stop:
            self._stop(choice, delta.reason, out)
        elif kind is ToolInput:
            before, after = self._tool_input_frame(choice, delta.call)
            self._pieces(choice, before, delta.pieces, after, out)
        elif kind is ToolStart:
            out.append(self._chunk(choice, self._tool_start(delta)))
        else:
            self._rare(delta, choice, out)

    def _rare(self, delta: Any, choice: int, out: list[bytes]) -> None:
        match delta:
            case Reasoning():
                self._pieces(choice, b'{"reasoning_content":', delta.pieces, b"}", out)
            case Refusal():
                self._pieces(choice, b'{"refusal":', delta.pieces, b"}", out)
            case Audio():
                self._audio(delta, out)
            case Annotations():
                out.append(self._chunk(choice, {"annotations": delta.items}))

    def _stop(self, choice: int, reason: str, out: list[bytes]) -> None:
        if choice in self._heard:
            expires = self._shape.created + AUDIO_LIFETIME_S
            out.append(self._chunk(choice, {"audio": {"expires_at": expires}}))
        if self._shape.functions and reason == "tool_calls":
            reason = "function_call"
        out.append(self._chunk(choice, {}, finish_reason=reason))

    def _pieces(self, choice: int, before: bytes, pieces: Sequence[str], after: bytes, out: list[bytes]) -> None:
        start, end = self._frame(choice, before, after)
        out += [b"%b%b%b" % (start, _dumps(piece), end) for piece in pieces if piece]

    def _frame(self, choice: int, before: bytes, after: bytes) -> tuple[bytes, bytes]:
        """What stands before and after a piece in its chunk."""
        start = b'%b[{"index":%d,"delta":%b' % (self._start, choice, before)
        return start, b'%b,"logprobs":null,"finish_reason":null}]%b' % (after, self._tail)

    def _chunk(self, choice: int, delta: Any, logprobs: Any = None, finish_reason: str | None = None) -> bytes:
        item = {"index": choice, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        return b"%b[%b]%b" % (self._start, _dumps(item), self._tail)

    def _tool_start(self, start: ToolStart) -> dict[str, Any]:
        if self._shape.functions:
            return {"function_call": {"name": start.name, "arguments": ""}}
        inner = {"name": start.name, "arguments" if start.kind == "function" else "input": ""}
        call = {"index": start.call, "id": start.id, "type": start.kind, start.kind: inner}
        self._kinds[start.choice, start.call] = start.kind
        return {"tool_calls": [call]}

    def _tool_input_frame(self, choice: int, call: int) -> tuple[bytes, bytes]:
        if self._shape.functions:
            return b'{"function_call":{"arguments":', b"}}"
        if self._kinds[choice, call] == "custom":
            return b'{"tool_calls":[{"index":%d,"type":"custom","custom":{"input":' % call, b"}}]}"
        return b'{"tool_calls":[{"index":%d,"function":{"arguments":' % call, b"}}]}"

    def _audio(self, delta: Audio, out: list[bytes]) -> None:
        told: list[dict[str, Any]] = []
        words = "".join(delta.pieces)
        if words or delta.choice not in self._heard:
            told.append({"transcript": words})
        if delta.sound:
            told.append({"data": b64encode(delta.sound).decode()})
        for part in told:
            if delta.choice not in self._heard:  # once, since clients join the strings of a stream
                self._heard.add(delta.choice)
                part = {"id": delta.id, **part}
            out.append(self._chunk(delta.choice, {"audio": part}))

    def _padded(self, chunk: bytes) -> bytes:
        """With 1 to 16 characters that hide the lengths of tokens from an observer of the traffic: all come in sixteens."""
        padding = blake2b(chunk, digest_size=8).hexdigest()[: 16 - len(chunk) % 16].encode()
        return b'%b,"obfuscation":"%b"}' % (chunk[:-1], padding)


def _opening(delta: Any) -> dict[str, Any]:
    if isinstance(delta, Text):
        return {"role": "assistant", "content": "", "refusal": None}
    return {"role": "assistant", "content": None, "refusal": None}


class Whole:
    """Bursts of deltas → the completion."""

    __slots__ = ("_shape", "choices", "usage")

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self.choices: dict[int, _Choice] = {}
        self.usage: Usage | None = None

    def take(self, burst: Burst) -> None:
        """Add a burst."""
        for delta in burst:
            if isinstance(delta, Finish):
                self.usage = delta.usage
                continue
            choice = self.choices.get(delta.choice)
            if choice is None:
                choice = self.choices[delta.choice] = _Choice()
            choice.add(delta)

    def completion(self) -> dict[str, Any]:
        """The chat completion; only after the Finish delta."""
        assert self.usage is not None, "every feed ends with a Finish"
        shape = self._shape
        return {
            "id": shape.id,
            "object": "chat.completion",
            "created": shape.created,
            "model": shape.model,
            "choices": [self.choices[index].wire(index, shape) for index in sorted(self.choices)],
            "usage": usage(self.usage),
            "service_tier": shape.service_tier,
            "system_fingerprint": shape.fingerprint,
        }


class _Choice:
    __slots__ = ("annotations", "audio", "calls", "logprobs", "reason", "reasoning", "refusal", "text")

    def __init__(self) -> None:
        self.text: list[str] | None = None
        self.reasoning: list[str] = []
        self.refusal: list[str] | None = None
        self.logprobs: list[TokenLogprob] | None = None
        self.calls: list[tuple[ToolStart, list[str]]] = []
        self.annotations: list[Any] = []
        self.audio: tuple[str, list[str], list[bytes]] | None = None
        self.reason = "stop"

    def add(self, delta: Any) -> None:
        kind = type(delta)
        if kind is Text:
            self.text = self.text or []
            self.text += delta.pieces
            if delta.logprobs is not None:
                self.logprobs = self.logprobs or []
                self.logprobs += delta.logprobs
        elif kind is Stop:
            self.reason = delta.reason
        elif kind is ToolStart:
            self.calls.append((delta, []))
        elif kind is ToolInput:
            self.calls[delta.call][1].extend(delta.pieces)
        else:
            self._add_rare(delta)

    def _add_rare(self, delta: Any) -> None:
        match delta:
            case Reasoning():
                self.reasoning += delta.pieces
            case Refusal():
                self.refusal = self.refusal or []
                self.refusal += delta.pieces
            case Annotations():
                self.annotations += delta.items
            case Audio():
                heard = self.audio or (delta.id, [], [])
                heard[1].extend(delta.pieces)
                heard[2].append(delta.sound)
                self.audio = heard

    def wire(self, index: int, shape: Shape) -> dict[str, Any]:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if self.text is None else "".join(self.text),
            "refusal": None if self.refusal is None else "".join(self.refusal),
            "annotations": self.annotations,
        }
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        reason = self.reason
        if self.calls and shape.functions:
            start, pieces = self.calls[0]
            message["function_call"] = {"name": start.name, "arguments": "".join(pieces)}
            reason = "function_call" if reason == "tool_calls" else reason
        elif self.calls:
            message["tool_calls"] = [_call(start, "".join(pieces)) for start, pieces in self.calls]
        if self.audio is not None:
            audio_id, words, sound = self.audio
            message["audio"] = {
                "id": audio_id,
                "data": b64encode(b"".join(sound)).decode(),
                "expires_at": shape.created + AUDIO_LIFETIME_S,
                "transcript": "".join(words),
            }
        logprobs = None if self.logprobs is None else logprobs_of(self.logprobs)
        return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason}


def _call(start: ToolStart, text: str) -> dict[str, Any]:
    field = "arguments" if start.kind == "function" else "input"
    return {"id": start.id, "type": start.kind, start.kind: {"name": start.name, field: text}}


def logprobs_of(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    """The `logprobs` object of a choice or a chunk."""
    return {"content": [logprob_of(token) for token in tokens], "refusal": None}


def logprob_of(token: TokenLogprob) -> dict[str, Any]:
    """A token with its log probability and those of its rivals."""
    return {
        "token": token.token,
        "logprob": token.logprob,
        "bytes": list(token.token.encode("utf-8", "replace")),
        "top_logprobs": [
            {"token": top.token, "logprob": top.logprob, "bytes": list(top.token.encode("utf-8", "replace"))}
            for top in token.top
        ],
    }


def usage(used: Usage) -> dict[str, Any]:
    """The `usage` object."""
    return {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.completion,
        "total_tokens": used.prompt + used.completion,
        "prompt_tokens_details": {"cached_tokens": used.cached, "audio_tokens": used.prompt_audio},
        "completion_tokens_details": {
            "reasoning_tokens": used.reasoning,
            "audio_tokens": used.completion_audio,
            "accepted_prediction_tokens": used.accepted_prediction,
            "rejected_prediction_tokens": used.rejected_prediction,
        },
    }
