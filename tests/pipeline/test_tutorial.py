"""The tutorial is true: its files are written, its commands run, and what they print is what the page says."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial" / "README.md"
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)


def steps(page: str) -> list[tuple[str, str, str]]:
    """('file', path, content) and ('command', command, what it prints) in the order of the page."""
    found = []
    for language, path, content in BLOCK.findall(page):
        if path:
            found.append(("file", path, content))
        elif language == "console":
            for command, said in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", content, re.M):
                found.append(("command", command, said))
    return found


def follow(page: str, folder: Path) -> list[tuple[str, str, str]]:
    """(command, what the page says, what it prints) of every command, in `folder`."""
    command = folder / "bin" / "trialpress"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="$ENGINE/workflow" exec "{sys.executable}" -m trialpress "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    where = kept | {"ENGINE": str(ROOT), "PATH": f"{command.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    found = []
    for kind, what, content in steps(page):
        if kind == "file":
            (folder / what).write_text(content, encoding="utf-8")
            continue
        done = subprocess.run(["bash", "-c", what], cwd=folder, env=where, text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        found.append((what, content, done.stdout))
    return found


def agrees(said: str, printed: str) -> bool:
    """Whether a command prints what the page says; a line of three dots stands for any lines, and a space for one without a break."""
    pattern = "".join("(?:.*\\n)*?" if line == "...\n" else re.escape(line) for line in said.splitlines(keepends=True))
    return re.fullmatch(pattern, printed.replace("\u00a0", " ")) is not None


def test_the_tutorial_command_by_command(tmp_path):
    found = follow(PAGE.read_text(encoding="utf-8"), tmp_path)
    assert len(found) > 12
    for command, said, printed in found:
        assert agrees(said, printed), f"{command}\n{printed}"
    assert (tmp_path / "out" / "audit" / "index.html").is_file()


def test_a_page_that_is_not_true_is_noticed(tmp_path):
    page = '```console\n$ echo one\ntwo\n$ cat a.txt\n```\n```text title="a.txt"\nlater\n```\n'
    (one, two) = follow(page, tmp_path)
    assert not agrees(*one[1:]) and not agrees(*two[1:]) and agrees("a\n...\nd\n", "a\nb\nc\nd\n")
    assert one == ("echo one", "two\n", "one\n") and two[2] == "cat: a.txt: No such file or directory\n"


if __name__ == "__main__":  # what the commands print now, for whoever writes the page
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for command, said, printed in follow(PAGE.read_text(encoding="utf-8"), Path(folder)):
            print(
                f"$ {command}\n{printed}" + ("" if agrees(said, printed) else f"--- the page says\n{said}---\n"), end=""
            )
