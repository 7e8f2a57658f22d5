"""Paths, and bytes in base64."""

import pytest

from fakeai.core.errors import ApiError, BadRequest, StorageUnavailable
from fakeai.services.agents.workspace import check_path, decoded, mark, told, with_blobs
from fakeai.store.local import MemoryBlobs


@pytest.mark.parametrize("path", ["/workspace/a", "/workspace/a/b.txt", "/workspace/outputs/a", "/workspace/.codexes"])
def test_paths_below_the_workspace_are_good(path: str) -> None:
    check_path(path, "path")


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "/a",
        "/workspace",
        "/workspace/",
        "/workspace/a/",
        "/workspace//a",
        "/workspace/./a",
        "/workspace/a/..",
        "/workspace/a\\b",
        "/workspace/a\0",
        "/workspace/.codex",
        "/workspace/.managed-agents-x/a",
        "/workspace/outputs",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_path(path, "at")
    assert refused.value.param == "at"


async def test_what_is_not_base64_is_refused_unless_that_is_easy() -> None:
    assert await decoded("YQ==", "data", easy=False) == b"a"
    assert await decoded("!", "data", easy=True) == b"!"
    with pytest.raises(BadRequest):
        await decoded("!", "data", easy=False)


def test_a_file_is_told_by_its_path_alone() -> None:
    assert told({"id": mark("/workspace/a"), "path": "/workspace/a", "_blobs": []}) == {"path": "/workspace/a"}


async def test_blobs_go_when_their_rows_are_refused_and_stay_when_nobody_knows(clock) -> None:  # type: ignore[no-untyped-def]
    blobs = MemoryBlobs().at(clock)

    async def refused(error: ApiError) -> list[str]:
        await blobs.put("a", b"x")

        async def work() -> None:
            raise error

        with pytest.raises(type(error)):
            await with_blobs(blobs, ["a"], work)
        return [key for key, _ in await blobs.keys()]

    assert await refused(BadRequest("no")) == []
    assert await refused(StorageUnavailable("later")) == ["a"]
