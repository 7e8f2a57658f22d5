"""Asks an OpenAI-compatible server as several users would, and notes when each piece of its streamed answers comes.

Answers are parsed when a measurement is over: while it runs, pieces are only kept with their times. Knows chat
completions and server-sent events; knows nothing of what is made of the times.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from fakeai.core.chance import Chance
from fakeai.core.clock import WallClock
from fakeai.core.readiness import DISABLED, OK
from fakeai.sim.measured import Point, Sample

if TYPE_CHECKING:
    import httpx

    from fakeai.wire.health import Ready

CONNECT_S = 10.0
SILENCE_S = 300.0
"""Between two bytes of an answer, at most."""
_POLL_S = 0.25
_FEWEST = 16
_SPREAD = 4
"""Answers are longer or shorter by up to this part."""
_CACHED = 0.05
"""Share of cached prompt tokens beyond which it is said."""
_FEW, _MANY = 16, 144
"""Words of the two prompts that tell how many tokens a word has; fewer of the second where all prompts are short."""
WORDS = (
    "sea sky sun moon star tree leaf root stone sand wind rain snow fire smoke light night day year hour road house door "
    "wall roof room chair table book page line word song dance game ball ship boat train wheel horse dog cat bird fish "
    "bread milk salt rice corn apple gold iron glass paper cloth hand foot head heart eye ear mouth back friend king"
)
"""What prompts are made of: a token each, in most vocabularies."""
_TASK = "Write a very long story in which these words occur, 5000 words."
_LENGTHS: tuple[tuple[Sequence[str], Mapping[str, Any]], ...] = (
    (("max_tokens", "min_tokens"), {"ignore_eos": True, "temperature": 0}),
    (("max_tokens",), {"temperature": 0}),
    (("max_completion_tokens",), {}),
)
"""Ways to ask for answers of one length, the strictest first: vLLM's and SGLang's, most servers', OpenAI's newest models'.

Fields that say the length, and others. Any: JSON.
"""


_EMPTY = "the server answers without any text"


class Refused(Exception):
    """The server cannot be measured; the message says why, for people."""


class Raw(NamedTuple):
    """An answer as it came: bytes and when."""

    sent: float
    parts: list[tuple[float, bytes]]


class Plan(NamedTuple):
    """What is to be measured."""

    users: Sequence[int]
    prompts: Sequence[int]
    """Prompt tokens."""
    output: int
    """Tokens of an answer on average: a quarter more or less, lest users who began together go on in step."""
    requests: int | None = None
    """Of each point, besides one of each user to warm up; by default two of each, and 16 at least."""

    def count(self, users: int) -> int:
        """Requests of a point, those to warm up included."""
        return users + (max(2 * users, _FEWEST) if self.requests is None else self.requests)


Tell = Callable[[str], object]
"""Is told how it goes, a line at a time."""


@asynccontextmanager
async def connected(base_url: str, api_key: str = "") -> AsyncIterator["httpx.AsyncClient"]:
    """A client for a server; proxies of the environment are for servers elsewhere."""
    import httpx

    headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
    local = urlsplit(base_url).hostname in ("127.0.0.1", "localhost", "::1")
    async with httpx.AsyncClient(
        base_url=base_url,
        headers={"accept-encoding": "identity", **headers},
        timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S, pool=None),
        limits=httpx.Limits(max_connections=None, keepalive_expiry=None),
        trust_env=not local,
    ) as client:
        yield client


def _unready(told: "Ready") -> str:
    """What a server that is not ready has said is wrong."""
    states = (told["llm"], told["db"], told["redis"])
    return next((state for state in states if state not in (OK, DISABLED)), told["status"])


async def until_ready(client: "httpx.AsyncClient", url: str, tell: Tell) -> None:
    """Wait until the fakeai server at `url` has loaded its models. Raises Refused when it never will."""
    import httpx

    clock = WallClock()
    told = ""
    while True:
        try:
            answer = await client.get(f"{url}/readyz")
        except httpx.HTTPError as error:
            raise Refused(f"the server has gone: {error or type(error).__name__}") from None
        if answer.status_code == 200:
            return
        reason = _unready(answer.json())
        if "could not" in reason:
            raise Refused(reason)
        if reason != told:
            tell(reason)
            told = reason
        await clock.sleep(_POLL_S)


async def measure(asker: "Asker", plan: Plan, max_seconds: float, tell: Tell) -> list[Point]:
    """All points of a plan, few users first; those that `max_seconds` leave time for. Raises Refused."""
    clock = WallClock()
    points: list[Point] = []
    until = clock.now() + max_seconds
    try:
        async with asyncio.timeout(max_seconds):
            await asker.prepare(plan.prompts, plan.output)
            for users, prompt in product(sorted(plan.users), sorted(plan.prompts)):
                began = clock.now()
                point = await asker.point(users, prompt, plan.output, plan.count(users))
                points.append(point)
                left = f"{until - clock.now():.0f} s left"
                tell(f"{_told(point)} ({len(point.samples)} requests in {clock.now() - began:.1f} s, {left})")
    except TimeoutError:
        missing = len(plan.users) * len(plan.prompts) - len(points)
        tell(f"the time is up: {missing} points are not measured (--max-seconds)")
    return points


def _told(point: Point) -> str:
    tpot = "" if point.tpot_s is None else f", TPOT {point.tpot_s * 1e3:.2f} ms"
    cached = sum(sample.cached for sample in point.samples) / sum(sample.prompt for sample in point.samples)
    hits = f", {cached:.0%} of prompts from a cache" if cached > _CACHED else ""
    return f"concurrency {point.users}, prompt {point.prompt}: TTFT {point.ttft_s * 1e3:.1f} ms{tpot}{hits}"


class Asker:
    """One model of one server. `seed` is of the words of its prompts, of which no two begin alike."""

    def __init__(self, client: "httpx.AsyncClient", model: str, seed: int | str | bytes) -> None:
        self._client = client
        self._model = model
        self._chance = Chance(seed)
        self._clock = WallClock()
        self._words = WORDS.split()
        self._length = _LENGTHS[0]
        self._fixed, self._per_word = 0.0, 1.0
        """Tokens of a prompt besides its words, and of each word."""

    async def prepare(self, prompts: Sequence[int], output: int) -> None:
        """Find out how the server wants to be asked, and whether it takes the longest prompt; warm it up."""
        few, many = _FEW, max(2 * _FEW, min(_MANY, max(prompts) // 4))
        first = await self._first(few, output)
        second = await self.ask(many, output)
        self._per_word = max((second.prompt - first.prompt) / (many - few), 0.01)
        self._fixed = first.prompt - self._per_word * few
        await self.ask(self._count(max(prompts)), output)

    async def point(self, users: int, prompt: int, output: int, count: int) -> Point:
        """A closed loop: `users` who ask `count` times together, the first time each to warm up."""
        spread = output // _SPREAD
        lengths = [self._chance.between(output - spread, output + spread) for _ in range(count)]
        bodies = [self._body(self._count(prompt), length) for length in lengths]
        raws: list[Raw | None] = [None] * count
        numbers = iter(range(count))

        async def user() -> None:
            for number in numbers:
                raws[number] = await self._stream(bodies[number])

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(users):
                    group.create_task(user())
        except* Refused as refusals:
            raise refusals.exceptions[0] from None
        samples = [sample for raw in raws if raw is not None and (sample := _sample(raw)) is not None]
        if len(samples) <= users:
            raise Refused(_EMPTY)
        return Point(users, prompt, tuple(samples), warm=users)

    async def ask(self, words: int, output: int) -> Sample:
        """One answer."""
        sample = _sample(await self._stream(self._body(words, output)))
        if sample is None:
            raise Refused(_EMPTY)
        return sample

    async def _first(self, words: int, output: int) -> Sample:
        """The first answer, in the first way of asking for its length that the server takes."""
        for at, self._length in enumerate(_LENGTHS):
            try:
                return await self.ask(words, output)
            except _Misunderstood:
                if at == len(_LENGTHS) - 1:
                    raise
        raise AssertionError("the last way either succeeds or raises")

    def _count(self, tokens: int) -> int:
        return max(1, round((tokens - self._fixed) / self._per_word))

    def _body(self, words: int, output: int) -> bytes:
        pick = self._chance.pick
        text = " ".join([pick(self._words) for _ in range(words)])
        lengths, others = self._length
        asked = {
            "model": self._model,
            "messages": [{"role": "user", "content": f"{text}. {_TASK}"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            **others,
            **dict.fromkeys(lengths, output),
        }
        return json.dumps(asked).encode()

    async def _stream(self, body: bytes) -> Raw:
        import httpx

        now = self._clock.now
        headers = {"content-type": "application/json"}
        sent = now()
        try:
            async with self._client.stream("POST", "chat/completions", content=body, headers=headers) as response:
                if response.status_code != 200:
                    raise _refusal(response.status_code, await response.aread())
                if "text/event-stream" not in response.headers.get("content-type", ""):
                    raise Refused("the server does not stream: it answers in one piece, which tells no times of tokens")
                parts = [(now(), part) async for part in response.aiter_raw()]
        except httpx.TimeoutException:
            raise Refused(f"{self._client.base_url} is silent for too long") from None
        except httpx.HTTPError as error:
            raise Refused(f"{self._client.base_url} does not answer: {error or type(error).__name__}") from None
        return Raw(sent, parts)


class _Misunderstood(Refused):
    """The server does not take the request as it is worded."""


def _refusal(status: int, body: bytes) -> Refused:
    said = _message(body)
    match status:
        case 401 | 403:
            return Refused(f"the server wants another key (HTTP {status}): give it with --api-key. It says: {said}")
        case 404:
            return Refused(f"no such model, or no such path (HTTP 404): see --model and --base-url. It says: {said}")
        case 429:
            return Refused(f"the server limits requests (HTTP 429): ask with less --concurrency. It says: {said}")
        case 400 | 422:
            return _Misunderstood(f"the server refuses the request (HTTP {status}): {said}")
    return Refused(f"the server fails (HTTP {status}): {said}")


def _message(body: bytes) -> str:
    """What an error's body says."""
    try:
        found: Any = json.loads(body)  # Any: whatever JSON a server sends
        error = found.get("error", found)
        told = error if isinstance(error, str) else error.get("message") or found.get("detail") or found
    except (ValueError, AttributeError):
        told = body.decode("utf-8", "replace").strip() or "nothing"
    return str(told)[:300]


def _sample(raw: Raw) -> Sample | None:
    """What an answer tells; None of one without text. Raises Refused where it does not tell enough."""
    arrivals = []
    usage: Mapping[str, Any] | None = None
    for at, event in _events(raw.parts):
        if event.get("error"):
            raise Refused(f"the server breaks off an answer: {_message(json.dumps(event).encode())}")
        usage = event.get("usage") or usage
        if any(_has_text(choice.get("delta") or {}) for choice in event.get("choices") or ()):
            arrivals.append(at)
    if usage is None:
        raise Refused("the server's streams tell no usage: it does not know stream_options.include_usage")
    if not arrivals:
        return None
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    output = max(usage.get("completion_tokens") or 0, 1)
    return Sample(usage.get("prompt_tokens") or 1, output, raw.sent, tuple(arrivals), cached)


def _has_text(delta: Mapping[str, Any]) -> bool:
    return any(delta.get(name) for name in ("content", "reasoning_content", "reasoning", "refusal", "tool_calls"))


def _events(parts: Sequence[tuple[float, bytes]]) -> Iterator[tuple[float, dict[str, Any]]]:
    """The JSON objects of a stream, each with the time at which it was complete. Any: a server may send anything."""
    rest = b""
    for at, part in parts:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            data = line.strip().removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
            if not data or data == b"[DONE]":
                continue
            try:
                event = json.loads(data)
            except ValueError:
                raise Refused(f"the server streams what is no JSON: {data[:80]!r}") from None
            if isinstance(event, dict):
                yield at, event
