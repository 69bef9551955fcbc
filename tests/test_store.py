"""A piece of work is taken from an earlier run only if all that it is made of is the same, and it is what was kept."""

import pytest
from trialpress import environment, store

READ = {"workflow/trialpress/a.py": "1", "envs/requirements.lock": "2", "data/s/raw/x.csv": "3"}


@pytest.fixture
def kept(tmp_path):
    found = store.of_run(tmp_path, READ)
    found.keep(["page", {"clean/a.csv": "aa"}], b"made")
    return found


def test_what_is_made_of_the_same_is_taken(kept, tmp_path):
    assert store.of_run(tmp_path, READ).taken(["page", {"clean/a.csv": "aa"}]) == b"made"
    assert store.of_run(tmp_path, READ | {"data/s/raw/x.csv": "4"}).taken(["page", {"clean/a.csv": "aa"}]) == b"made"


@pytest.mark.parametrize("made_of", [["page", {"clean/a.csv": "ab"}], ["page", {"clean/b.csv": "aa"}], ["gate", {"clean/a.csv": "aa"}]])  # fmt: skip
def test_what_is_made_of_something_else_is_not(kept, made_of):
    assert kept.taken(made_of) is None


@pytest.mark.parametrize("name", ["workflow/trialpress/a.py", "envs/requirements.lock"])
def test_other_code_or_another_environment_makes_it_again(kept, tmp_path, name):
    assert store.of_run(tmp_path, READ | {name: "9"}).taken(["page", {"clean/a.csv": "aa"}]) is None


def test_so_does_another_version_of_a_library(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "versions", lambda: {"pandas": "0"})
    assert store.of_run(tmp_path, READ).taken(["page", {"clean/a.csv": "aa"}]) is None


def test_what_someone_has_changed_is_not_taken_and_the_next_takes_its_place(kept, tmp_path):
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"of someone else")
    assert kept.taken(["page", {"clean/a.csv": "aa"}]) is None
    kept.keep(["page", {"clean/a.csv": "aa"}], b"made again")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"made again"]


def test_what_was_not_used_is_forgotten(kept, tmp_path):
    later = store.of_run(tmp_path, READ)
    later.keep("other", b"new")
    later.forget()
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"new"]


def test_without_what_is_read_there_is_none(tmp_path):
    assert store.of_run(tmp_path, None) is None


def test_a_file_is_made_once(tmp_path):
    path, times = tmp_path / "out" / "a.csv", []

    def make():
        times.append(1)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")

    found = store.Store(tmp_path / "kept", "1")
    for _ in range(2):
        found.file("of this", path, make)
        path.unlink()
    found.file("of that", path, make)
    assert path.read_bytes() == b"x" and len(times) == 2
