"""Bundles: one folder, one manifest, a name and a description; everything else is refused with its reason."""

import pytest

from fakeai.core.archive import read_zip, write_zip
from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.services.skill_bundles import LIMITS, bundle, plain, zipped

MANIFEST = b"---\nname: basic-math\ndescription: Add numbers.\n---\n\nUse it.\n"


def upload(path: str, data: bytes, media_type: str = "text/plain") -> Upload:
    return Upload(path, media_type, data)


def test_a_folder_and_a_zip_of_it_are_the_same_skill() -> None:
    files = {"basic_math/SKILL.md": MANIFEST, "basic_math/lib/a.py": b"print(1)"}
    folder = bundle([upload(path, data) for path, data in files.items()])
    assert (folder.name, folder.description) == ("basic-math", "Add numbers.")
    assert read_zip(folder.data, LIMITS) == files
    for kind in (upload("a.zip", folder.data), upload("upload", folder.data, "application/octet-stream")):
        assert bundle(kind) == bundle([kind]) == folder
    assert zipped(folder.data) == folder


def test_the_manifest_may_be_written_in_many_ways() -> None:
    for manifest in (
        MANIFEST.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + MANIFEST,
        b'---\nname: "basic-math"\nlicense: MIT\nmetadata: {a: [1]}\ndescription: >\n  Add\n  numbers.\n---',
        b"---  \ndescription: 'Add numbers.'\nname: basic-math\n---\n---\n",
    ):
        made = bundle([upload("x/skill.MD", manifest)])
        assert (made.name, made.description) == ("basic-math", "Add numbers.")


def test_the_plain_bundle_is_one_that_would_be_taken() -> None:
    assert zipped(plain().data) == plain()


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (b"", "begin with front matter"),
        (b"# Skill\n", "begin with front matter"),
        (b"---\nname: a\n", "begin with front matter"),
        (b"---\n\xff\n---\n", "not UTF-8"),
        (b"---\n- a\n---\n", "must have fields"),
        (b"---\n---\n", "must have fields"),
        (b"---\nname: [\n---\n", "not valid YAML"),
        (b"---\nname: !!python/name:os.system\n---\n", "not valid YAML"),
        (b"---\ndescription: a\n---\n", "The 'name'"),
        (b"---\nname: 1\ndescription: a\n---\n", "The 'name'"),
        (b"---\nname: Basic Math\ndescription: a\n---\n", "The 'name'"),
        (b"---\nname: a--b\ndescription: a\n---\n", "The 'name'"),
        (b"---\nname: -a\ndescription: a\n---\n", "The 'name'"),
        (b"---\nname: " + b"a" * 65 + b"\ndescription: a\n---\n", "The 'name'"),
        (b"---\nname: a\n---\n", "The 'description'"),
        (b"---\nname: a\ndescription: ''\n---\n", "The 'description'"),
        (b"---\nname: a\ndescription: " + b"a" * 1_025 + b"\n---\n", "The 'description'"),
        (b"---\na: &a [1]\nb: [*a, *a]\n---\n", "parts of itself"),
        (b"---\nname: a\nmore: " + b"a" * 16_384 + b"\n---\n", "longer than 16384"),
        (b"---\na: " + b"[" * 100 + b"\n---\n", "not valid YAML"),
        (b"---\na: " + b"[{" * 51 + b"\n---\n", "more than 100 lists and objects"),
        (b"---\n" + b"- " * 5_000 + b"\n---\n", "not valid YAML"),
        (b"---\n" + bytes(2**20), "SKILL.md is larger"),
    ],
)
def test_a_manifest_that_names_no_skill_is_refused(manifest: bytes, why: str) -> None:
    with pytest.raises(BadRequest, match=why) as refused:
        bundle([upload("x/SKILL.md", manifest)])
    assert refused.value.param == "files"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"SKILL.md": MANIFEST}, "single top-level folder"),
        ({"a/SKILL.md": MANIFEST, "b/x": b""}, "single top-level folder"),
        ({"a/x": b""}, "exactly one SKILL.md"),
        ({"a/SKILL.md": MANIFEST, "a/b/skill.md": MANIFEST}, "exactly one SKILL.md.*there are 2"),
        ({"a/b/SKILL.md": MANIFEST}, "exactly one SKILL.md"),
    ],
)
def test_files_that_are_no_folder_with_a_manifest_are_refused(files: dict[str, bytes], why: str) -> None:
    for given in ([upload(path, data) for path, data in files.items()], upload("a.zip", write_zip(files))):
        with pytest.raises(BadRequest, match=why):
            bundle(given)


def test_what_archives_refuse_is_refused_with_its_reason() -> None:
    with pytest.raises(BadRequest, match=r"Invalid skill bundle. '\.\./x/SKILL.md' is not a relative path"):
        bundle([upload("../x/SKILL.md", MANIFEST)])
    with pytest.raises(BadRequest, match=r"Invalid skill bundle. It is not a zip archive"):
        bundle(upload("a.zip", b"Example data"))
    with pytest.raises(BadRequest, match="It has more than 500 files"):
        bundle([upload(f"a/{n}", b"") for n in range(501)])
    with pytest.raises(BadRequest, match="single top-level folder"):
        bundle([])
    with pytest.raises(BadRequest, match="It is larger than 52428800 bytes"):
        bundle(upload("a.zip", bytes(50 * 2**20 + 1)))
