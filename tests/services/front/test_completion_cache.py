"""Equal questions have one answer, whoever keeps it and whatever fails; others have their own."""

import asyncio
from typing import Any

import pytest

from fakeai.core.call import Principal
from fakeai.core.clock import WallClock
from fakeai.core.errors import StorageUnavailable, Unavailable
from fakeai.services.front.completion_cache import Answer, CompletionCache, Place, Rules
from fakeai.store.memory import MemoryValues
from fakeai.store.memory import MemoryValuesAt as Values
from fakeai.store.sql import SqlDatabase

ME = Principal(key="key_1")
PARAMS: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, "top_k": 0, "stop": (), "max_new_tokens": 5}


class Model:
    """Answers, slowly if told to, and counts."""

    def __init__(self, clock: WallClock, answer: str = "an answer") -> None:
        self.clock = clock
        self.pieces: tuple[str, ...] = tuple(answer.split())
        self.whole = True
        self.asked = 0
        self.error: Exception | None = None
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> Answer:
        self.asked += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return Answer(self.pieces, 3, 2, self.clock.unix(), self.whole)


class Gone:
    """Something that does not answer."""

    in_memory = False
    untouched = False

    def now(self) -> float:
        return 0.0

    async def read(self, *_: Any) -> Any:
        raise StorageUnavailable

    run = get = set = drop = read


def cache(db: Any, redis: Any = None, **rules: Any) -> CompletionCache:
    return CompletionCache(db, redis, Rules(**rules))


def placed(of: CompletionCache, prompt: str = "hi", who: Principal = ME, model: str = "m", **params: Any) -> Place:
    place = of.place(who, model, prompt, {**PARAMS, **params})
    assert place is not None
    return place


@pytest.fixture
def model(clock: WallClock) -> Model:
    return Model(clock)


@pytest.fixture
def redis(clock: WallClock) -> Values:
    return MemoryValues().at(clock)


def test_whatever_changes_the_question_changes_its_place(db: SqlDatabase) -> None:  # gateway 50, 51
    of = cache(db)
    first = placed(of)
    others = [
        placed(of, model="n"),
        placed(of, "hi "),
        placed(of, max_new_tokens=6),
        placed(of, temperature=0.5),
        placed(of, top_p=0.5),
        placed(of, top_k=1),
        placed(of, stop=("a",)),
        placed(of, "caf\u00e9"),
        placed(of, "cafe\u0301"),
    ]
    assert len({place.key for place in [first, *others]}) == 10
    assert of.place(ME, "m", "hi", dict(reversed(PARAMS.items()))) == first


def test_an_answer_is_given_to_whom_the_scope_says(db: SqlDatabase) -> None:  # gateway 60
    mate, stranger = Principal(key="key_2"), Principal("org-else", "proj", "key_3")
    for scope, same in (("key", 1), ("project", 2), ("shared", 3)):
        of = cache(db, scope=scope)
        keys = [placed(of, who=who).key for who in (ME, mate, stranger)]
        assert keys.count(keys[0]) == same


def test_what_is_eligible_is_a_rule(db: SqlDatabase) -> None:  # gateway 63
    hot, cold = {**PARAMS, "temperature": 0.7}, {**PARAMS, "temperature": 0.0}
    for rule, expected in (("all", [True, True]), ("greedy", [False, True]), ("off", [False, False])):
        of = cache(db, eligible=rule)
        assert [of.place(ME, "m", "hi", params) is not None for params in (hot, cold)] == expected


async def test_the_second_is_given_the_first_one_s_answer(db: SqlDatabase, model: Model) -> None:  # gateway 49
    of = cache(db)
    first, second = [await of.answer(placed(of), model) for _ in range(2)]
    assert (first.state, second.state, model.asked) == ("miss", "hit", 1)
    assert second.answer == first.answer and second.age_s >= 0.0
    assert (await of.answer(None, model)).state == "bypass"
    assert model.asked == 2


async def test_the_database_s_lasts_and_goes_to_redis(
    db: SqlDatabase, model: Model, redis: Values
) -> None:  # gateway 54
    of = cache(SqlDatabase(db.sql, model.clock))
    await of.answer(placed(of), model)
    later = cache(SqlDatabase(db.sql, model.clock), redis)
    assert (await later.answer(placed(later), model)).state == "hit"
    assert (await cache(Gone(), redis).answer(placed(later), model)).state == "hit"
    assert model.asked == 1


async def test_redis_forgets_after_its_time_and_the_database_after_its_own(db: SqlDatabase) -> None:  # gateway 55
    values = MemoryValues()

    def at(second: float) -> tuple[CompletionCache, Model]:
        clock = WallClock(epoch=1_000.0 + second, speed=0.001)
        return cache(SqlDatabase(db.sql, clock), values.at(clock), ttl_s=100.0, redis_ttl_s=10.0), Model(clock)

    of, model = at(0)
    await of.answer(placed(of), model)
    for second, state, in_redis in ((9, "hit", True), (50, "hit", False), (59, "hit", True), (101, "miss", False)):
        of, model = at(second)
        assert (values.get(f"completion:{placed(of).key}", 1_000.0 + second) is not None) == in_redis
        found = await of.answer(placed(of), model)
        assert found.state == state and round(found.age_s) == (second if state == "hit" else 0)
    of, model = at(102)
    assert (await of.answer(placed(of), model)).state == "hit", "it was written again"


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"[]", b"5", b'["ab",1,2,3]', b'[["a"],1,2,"x"]', b'[["a"],null,2,3]', b"\xff"]
)
async def test_what_is_damaged_is_a_miss_and_is_mended(
    db: SqlDatabase, model: Model, redis: Values, damaged: bytes
) -> None:  # gateway 56
    of = cache(db, redis)
    name = f"completion:{placed(of).key}"
    await redis.set(name, damaged, 60.0)
    assert (await of.answer(placed(of), model)).state == "miss"
    assert (await of.answer(placed(of), model)).state == "hit"
    await redis.set(name, damaged, 60.0)
    assert (await of.answer(placed(of), model)).state == "hit", "the database has it"
    assert await redis.get(name) != damaged


async def test_stores_that_are_down_are_a_miss(db: SqlDatabase, model: Model, redis: Values) -> None:  # gateway 57
    of = cache(db, Gone())
    assert [(await of.answer(placed(of), model)).state for _ in range(2)] == ["miss", "hit"]
    of = cache(Gone(), Gone())
    assert [(await of.answer(placed(of), model)).state for _ in range(2)] == ["miss", "miss"]
    of = cache(Gone(), redis)
    assert [(await of.answer(placed(of), model)).state for _ in range(2)] == ["miss", "hit"]


async def test_twenty_at_once_are_one(db: SqlDatabase, model: Model) -> None:  # gateway 58
    of = cache(db)
    model.go.clear()
    asked = [asyncio.ensure_future(of.answer(placed(of), model)) for _ in range(20)]
    while not model.asked:
        await asyncio.sleep(0)
    model.go.set()
    found = await asyncio.gather(*asked)
    assert model.asked == 1
    assert [one.state for one in found].count("hit") == 19
    assert {one.answer for one in found} == {found[0].answer}
    assert await of.count(ME.organization) == {"m": 1}


async def test_who_waits_for_somebody_who_fails_or_leaves_goes_alone(db: SqlDatabase, model: Model) -> None:
    of = cache(db)
    model.go.clear()
    first = asyncio.ensure_future(of.answer(placed(of), model))
    while not model.asked:
        await asyncio.sleep(0)
    second = asyncio.ensure_future(of.answer(placed(of), model))
    third = asyncio.ensure_future(of.answer(placed(of), model))
    await asyncio.sleep(0)
    third.cancel()
    first.cancel()
    model.go.set()
    assert (await second).state == "miss"
    assert first.cancelled() and third.cancelled()


async def test_what_is_no_whole_answer_is_not_kept(db: SqlDatabase, model: Model) -> None:  # gateway 59
    of = cache(db)
    model.error = Unavailable("down")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await of.answer(placed(of), model)
    model.error, model.whole = None, False
    assert [(await of.answer(placed(of), model)).state for _ in range(2)] == ["miss", "miss"]
    model.whole, model.pieces = True, ()
    assert [(await of.answer(placed(of), model)).state for _ in range(2)] == ["miss", "miss"]
    assert await of.count(ME.organization) == {}


async def test_what_was_streamed_is_there_at_once(db: SqlDatabase, model: Model) -> None:  # gateway 89
    of = cache(db)
    place = placed(of)
    assert await of.look(place) is None and await of.look(None) is None
    answer = await model()
    of.keep_soon(place, answer)
    found = await of.look(place)
    assert found is not None and (found.state, found.answer) == ("hit", answer)
    assert (await of.answer(place, model)).state == "hit"
    while of._working:
        await asyncio.sleep(0.001)
    assert await of.count(ME.organization) == {"m": 1}


async def test_what_is_cleared_is_gone_everywhere(db: SqlDatabase, model: Model, redis: Values) -> None:  # gateway 61
    of = cache(db, redis)
    for name in ("m", "n"):
        await of.answer(placed(of, model=name), model)
    assert await of.clear("org-else", None, None) == 0
    assert await of.clear(ME.organization, "m", None) == 1
    assert await of.clear(ME.organization, None, 3_600.0) == 0
    states = [(await of.answer(placed(of, model=name), model)).state for name in ("m", "n")]
    assert states == ["miss", "hit"]
    assert await of.clear(ME.organization, None, None) == 2
    assert await cache(db, Gone()).clear(ME.organization, None, None) == 0
