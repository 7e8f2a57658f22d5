"""The forms that skills are uploaded in."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.wire.form import parse_form
from fakeai.wire.skills import SkillCreate, SkillVersionCreate

TYPE = "multipart/form-data; boundary=x"


def form(*parts: tuple[str, str]) -> bytes:
    return b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{path}"\r\n\r\ndata\r\n'.encode()
        for name, path in parts
    ) + (b"--x--\r\n")


def test_one_file_is_a_file_and_files_in_brackets_are_a_list_with_their_paths() -> None:
    one = parse_form(SkillCreate, form(("files", "a.zip")), TYPE).files
    assert isinstance(one, Upload)
    assert one.filename == "a.zip"
    many = parse_form(SkillCreate, form(("files[]", "a/SKILL.md"), ("files[]", "a/b/c.py")), TYPE).files
    assert isinstance(many, list)
    assert [file.filename for file in many] == ["a/SKILL.md", "a/b/c.py"]


def test_a_form_without_files_and_flags_in_words_are_read() -> None:
    assert parse_form(SkillCreate, b"--x--\r\n", TYPE).files is None
    flag = b'--x\r\nContent-Disposition: form-data; name="default"\r\n\r\ntrue\r\n--x--\r\n'
    assert parse_form(SkillVersionCreate, flag, TYPE).default is True


def test_a_text_is_no_file() -> None:
    text = b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\ntext\r\n--x--\r\n'
    with pytest.raises(BadRequest, match="expected a file, but got a string") as refused:
        parse_form(SkillCreate, text, TYPE)
    assert refused.value.param == "files"
