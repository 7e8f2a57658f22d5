"""What a skill's files must be: one folder with one manifest, which names and describes the skill.

Reads bytes; knows neither skills nor where they are kept.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fakeai.core.archive import BadArchive, Limits, check_files, read_zip, write_zip
from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload

LARGEST = 50 * 2**20
"""Bytes of the largest bundle."""

LIMITS = Limits(files=500, largest=25 * 2**20, total=LARGEST)

_MANIFEST = "skill.md"
_LARGEST_MANIFEST = 2**20
_LONGEST_FRONT = 16_384
_MOST_BRACKETS = 100
_LONGEST_NAME = 64
_LONGEST_DESCRIPTION = 1_024
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A skill's files: `data` is the zip of them; name and description are the manifest's."""

    name: str
    description: str
    data: bytes


def bundle(given: Upload | Sequence[Upload]) -> Bundle:
    """The bundle in an upload: a zip, or the files of a folder by their paths. Raises BadRequest, which says what is wrong."""
    uploads = [given] if isinstance(given, Upload) else list(given)
    if sum(len(file.data) for file in uploads) > LARGEST:
        raise _refused(f"It is larger than {LARGEST} bytes.")
    if len(uploads) == 1 and _is_zip(uploads[0]):
        return zipped(uploads[0].data)
    try:
        files = check_files(((file.filename, file.data) for file in uploads), LIMITS)
    except BadArchive as error:
        raise _refused(str(error)) from None
    return Bundle(*_described(files), write_zip(files))


def zipped(data: bytes) -> Bundle:
    """The bundle in a zip. Raises BadRequest."""
    try:
        files = read_zip(data, LIMITS)
    except BadArchive as error:
        raise _refused(str(error)) from None
    return Bundle(*_described(files), data)


def plain() -> Bundle:
    """A bundle for those who send none: a manifest alone."""
    manifest = b"---\nname: skill\ndescription: A skill without files.\n---\n"
    return Bundle("skill", "A skill without files.", write_zip({"skill/SKILL.md": manifest}))


def _is_zip(file: Upload) -> bool:
    return file.data.startswith(b"PK") or file.media_type == "application/zip" or file.filename.lower().endswith(".zip")


def _described(files: Mapping[str, bytes]) -> tuple[str, str]:
    """Name and description, from the one manifest of the one folder."""
    tops = {path.split("/")[0] for path in files}
    if len(tops) != 1 or any("/" not in path for path in files):
        raise _refused("All files must be in a single top-level folder.")
    manifests = [path for path in files if path.rsplit("/", 1)[-1].lower() == _MANIFEST]
    if len(manifests) != 1 or manifests[0].count("/") != 1:
        raise _refused(f"There must be exactly one SKILL.md, in the top-level folder; there are {len(manifests)}.")
    fields = _front_matter(files[manifests[0]])
    name, description = fields.get("name"), fields.get("description")
    if not isinstance(name, str) or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise _refused(
            "The 'name' in SKILL.md must be 1 to 64 lowercase letters, digits and single hyphens between them."
        )
    if not isinstance(description, str) or not 0 < len(description.strip()) <= _LONGEST_DESCRIPTION:
        raise _refused("The 'description' in SKILL.md must be a text of 1 to 1024 characters.")
    return name, description.strip()


def _front_matter(manifest: bytes) -> Mapping[object, object]:
    """What stands between the two lines of dashes at the beginning, as YAML."""
    from yaml import AliasToken, SafeLoader, YAMLError, load, scan

    if len(manifest) > _LARGEST_MANIFEST:
        raise _refused(f"SKILL.md is larger than {_LARGEST_MANIFEST} bytes.")
    try:
        match = _FRONT.match(manifest.decode())
    except UnicodeDecodeError:
        raise _refused("SKILL.md is not UTF-8.") from None
    if match is None:
        raise _refused("SKILL.md must begin with front matter between two lines of '---'.")
    if len(match[1]) > _LONGEST_FRONT:
        raise _refused(f"The front matter of SKILL.md is longer than {_LONGEST_FRONT} characters.")
    if match[1].count("[") + match[1].count("{") > _MOST_BRACKETS:  # reading thousands of them takes seconds
        raise _refused(f"The front matter of SKILL.md has more than {_MOST_BRACKETS} lists and objects in brackets.")
    try:
        if any(isinstance(token, AliasToken) for token in scan(match[1])):  # a few lines of them can be a bomb
            raise _refused("The front matter of SKILL.md must not refer to parts of itself.")
        fields = load(match[1], SafeLoader)
    except (YAMLError, ValueError, RecursionError):
        raise _refused("The front matter of SKILL.md is not valid YAML.") from None
    if not isinstance(fields, dict):
        raise _refused("The front matter of SKILL.md must have fields.")
    return fields


def _refused(why: str) -> BadRequest:
    return BadRequest(f"Invalid skill bundle. {why}", param="files")
