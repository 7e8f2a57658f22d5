"""The public names of the package, and that importing it imports nothing else."""

import subprocess
import sys

import pytest

import fakeai


def test_the_public_names_are_these():
    assert sorted(fakeai.__all__) == ["FakeAI", "Settings", "__version__", "build"]
    assert [getattr(fakeai, name).__name__ for name in ("FakeAI", "Settings", "build")] == [
        "FakeAI",
        "Settings",
        "build",
    ]


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        fakeai.Nothing  # noqa: B018  # the access is what is tested


def test_importing_the_package_imports_no_room():
    script = "import sys, fakeai; print(*(name for name in sys.modules if name.startswith('fakeai')))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["fakeai"]
