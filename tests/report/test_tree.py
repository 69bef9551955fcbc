"""Where HTML is not looked for the tree is the one that Pandoc makes when it looks for it."""

import json
import subprocess

import pytest
from trialpress.report import qmd, tree
from trialpress.report.renderer import pandoc

WITHOUT = "a < b, 3<4, <0.001, P \\<0.001, x <- 1, <, 1<\n\n| n | P |\n|--:|:--|\n| [36](a.html#b){.num} | <0.001 |\n\n: Of <5. {#tbl-a}\n"
WITH = [
    "a<b>c</b>",
    "<div class='x'>\n\ntext\n\n</div>",
    "a <!-- said --> b",
    "<https://example.org>",
    "a</span> b",
    "<?php 1 ?>",
]


@pytest.mark.parametrize("text", [WITHOUT, *WITH])
def test_the_tree_is_that_of_pandoc(tmp_path, monkeypatch, text):
    asked, run = [], tree.run
    monkeypatch.setattr(tree, "run", lambda command, **how: asked.append(command) or run(command, **how))
    (tmp_path / "manuscript.qmd").write_text(f"---\ntitle: T\n---\n\n{text}\n")
    found = tree.read(qmd.read(tmp_path, embedded=False), {"html": {"title": "T"}})
    said = subprocess.run(
        [pandoc(), "--from=markdown", "--to=json", "--columns=100000"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.blocks == json.loads(said.stdout)["blocks"]
    assert ("--from=markdown-raw_html" in asked[0]) is (text is WITHOUT)
