"""A file is read once for its hash, and again when it is another one."""

import os

import pytest
from trialpress.audit import hashes
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
