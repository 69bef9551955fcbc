"""A file is read once for its hash, and again when it is another one."""

import json
import os

import pytest
from trialpress import hashes
from trialpress.files import sha256


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(hashes, "_made", {})
    path = tmp_path / "a"
    path.write_text("one")
    return path


def test_a_file_that_rests_is_read_once(file, monkeypatch):
    monkeypatch.setattr(hashes, "SETTLED", -1)
    found = hashes.of(file)
    monkeypatch.setattr(hashes, "sha256", lambda path: pytest.fail("read again"))
    assert found == hashes.of(file) == sha256(file)


def test_what_another_process_has_read_is_not_read_again(file, monkeypatch):
    monkeypatch.setattr(hashes, "SETTLED", -1)
    found, others = hashes.of(file), hashes.made()
    hashes._made.clear()
    hashes.take(others)
    monkeypatch.setattr(hashes, "sha256", lambda path: pytest.fail("read again"))
    assert hashes.of(file) == found


def test_a_file_of_another_content_is_read_again_whatever_time_it_claims(file, monkeypatch):
    monkeypatch.setattr(hashes, "SETTLED", -1)
    before, was = hashes.of(file), file.stat()
    file.write_text("two")
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert hashes.of(file) == sha256(file) != before


def test_what_was_just_written_is_not_kept(file):
    hashes.of(file)
    assert hashes.made() == {}


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        hashes.of(tmp_path / "none")


@pytest.fixture
def left(file, monkeypatch):
    """A folder in which another job has left what it knows of a file of more than LARGE bytes; this process has read none."""
    monkeypatch.setattr(hashes, "SETTLED", -1)
    monkeypatch.setattr(hashes, "LARGE", 3)
    folder = file.parent / "stamps"
    hashes.of(file)
    hashes.leave([str(file), str(file.parent / "none")], folder / "clean.json")
    hashes._made.clear()
    return folder


def test_a_job_takes_the_hash_of_a_large_file_from_another(file, left, monkeypatch):
    found = sha256(file)
    for name, content in (("half", '{"a": '), ("other", "[]")):
        (left / f"{name}.json").write_text(content)
    hashes.take_left(left)
    monkeypatch.setattr(hashes, "sha256", lambda path: pytest.fail("read again"))
    assert hashes.of(file) == found


def test_a_file_that_was_written_again_is_read_whatever_another_job_knew(file, left):
    before, was = sha256(file), file.stat()
    file.write_text("two")
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    hashes.take_left(left)
    assert hashes.of(file) == sha256(file) != before


def test_nothing_is_left_of_small_files_and_of_those_just_written(file, monkeypatch):
    path = file.parent / "stamps" / "clean.json"
    for size, settled in ((3, 10**18), (4, -1)):
        monkeypatch.setattr(hashes, "LARGE", size)
        monkeypatch.setattr(hashes, "SETTLED", settled)
        hashes.of(file)
        hashes.leave([str(file)], path)
        assert json.loads(path.read_text()) == {}
