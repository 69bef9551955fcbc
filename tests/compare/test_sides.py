"""What can be compared: results, crates, git revisions, the record; and what the page and the letter say of it."""

import json
import shutil
import subprocess
import zipfile

import pytest
from compare.runs import replace, run, tiny
from PIL import Image
from trialpress import compare
from trialpress.__main__ import main
from trialpress.audit import digest
from trialpress.compare import figures, page
from trialpress.compare.sides import Side, find
from trialpress.errors import InputError
from trialpress.report.places import Place, places

RAW = "data/tiny/raw/patients.csv"
EDIT = replace(RAW, "0.8×10^6/kg,PR", "0.8×10^6/kg,CR")
MANUSCRIPT = """<html><body><figure id="fig-os"><figcaption>Figure 1. Survival of <a class="num" href="../audit/index.html#os">5</a>.</figcaption>
</figure><p>All were treated. Of them <a class="num" href="../audit/index.html#cr">3/5</a> responded; e.g. early. <a href="x">More</a>.</p>
<table><caption>Table 1. Response.</caption><thead><tr><th>Outcome</th><th>Overall (n = <a class="num" href="#population.infused">5</a>)</th></tr></thead>
<tbody><tr><th>Remission</th><td><a class="num" href="../audit/index.html#cr">60%</a></td></tr></tbody></table></body></html>"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """results/tiny of two projects: before and after an edit of a raw cell, with a manuscript and a figure."""
    found = []
    for name, edit, colour in (("before", None, "white"), ("after", EDIT, "black")):
        folder = run(tiny(tmp_path_factory.mktemp(name)), edit)
        (folder / "report").mkdir()
        (folder / "report" / "manuscript.html").write_text(MANUSCRIPT)
        (folder / "figures").mkdir()
        picture = Image.new("RGB", (4, 2), "white")
        picture.putpixel((1, 1), {"white": (255,) * 3, "black": (0,) * 3}[colour])
        picture.save(folder / "figures" / "os.png")
        found.append(folder)
    return found


def record(folder, to):
    """As `make record` keeps it: no trace, no raw cell."""
    for name in ("analysis/ard.csv", "audit/manifest.json"):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, to / name)
    return to


def test_places(both):
    found = places(both[0])
    assert found == {
        "os": [Place("figure", "Figure 1. Survival of 5.", "5")],
        "cr": [
            Place("text", "Of them 3/5 responded; e.g. early.", "3/5"),
            Place("table", "Table 1. Response. Remission; Overall (n = 5)", "60%"),
        ],
        "population.infused": [Place("table", "Table 1. Response. Overall (n = 5)", "5")],
    }
    assert places(both[0] / "nowhere") == {}


def test_the_command_writes_a_page_a_table_and_a_letter(both, tmp_path, capsys):
    assert main(["compare", str(both[0]), str(both[1]), "--study", "tiny", "--out", str(tmp_path / "out")]) == 0
    letter = (tmp_path / "out" / "letter.md").read_text()
    assert letter in capsys.readouterr().out
    assert (
        "cr, n: 3 before, 4 now" in letter
        and "What changed: participants who are counted now (1), raw cells (1)." in letter
    )
    assert "S-002" not in letter  # it goes to a journal
    table = (tmp_path / "out" / "compare.csv").read_text().splitlines()
    assert table[0] == "number,statistic,label,before,after,value_before,value_after,printed,causes"
    (row,) = [line for line in table if line.startswith("cr,n,")]
    assert (
        row.startswith("cr,n,cr,3,4,3,4,text: Of them 3/5 responded; e.g. early. | table: Table 1.")
        and "cell: infusion.response of S-002" in row
    )
    shown = (tmp_path / "out" / "index.html").read_text()
    assert "<del>3</del>" in shown and "<ins>4</ins>" in shown and shown.count("data:image/png;base64,") == 3
    assert "<script" not in shown


def test_a_cell_of_the_page_is_text(both):
    found = compare.compare(Side("<b>a</b>", both[0]), Side("b", both[1]))
    assert "<b>" not in page.render(found, []) and "&lt;b&gt;a&lt;/b&gt;" in page.render(found, [])


def test_where_pictures_differ():
    pictures = []
    for at in ((0, 0), (3, 1)):
        image = Image.new("RGB", (4, 2), "white")
        image.putpixel(at, (0, 0, 0))
        pictures.append(image)
    from io import BytesIO

    held = [BytesIO(), BytesIO()]
    for image, to in zip(pictures, held, strict=True):
        image.save(to, "PNG")
    shown = Image.open(BytesIO(figures.difference(*(to.getvalue() for to in held)))).convert("RGB")
    red = [(x, y) for x in range(4) for y in range(2) if shown.getpixel((x, y)) == figures.CHANGED]
    assert red == [(0, 0), (3, 1)]


def test_a_record_is_compared_by_number_and_file(both, tmp_path):
    old = record(both[0], tmp_path / "record")
    found = compare.compare(find(str(old), "tiny", tmp_path), Side("now", both[1]))
    assert not found.traced and {one.id for one in found.moved} == {"cr"}
    (one,) = [one for one in found.moved if one.statistic == "n"]
    assert [str(cause) for cause in one.causes] == [
        "data/tiny/raw/SHA256SUMS: its content differs",
        f"{RAW}: its content differs",
    ]
    assert "Causes are known by file only" in page.letter(found)


def test_a_crate_and_a_git_revision(both, tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    record(both[0], repository / "data" / "tiny" / "record")
    shutil.copytree(both[0].parents[1] / "config", repository / "config")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(repository)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "record"], ["tag", "first"]):
        subprocess.run([*git, *command], check=True)
    crate = tmp_path / "crate.zip"
    with zipfile.ZipFile(crate, "w") as archive:
        for name in ("analysis/ard.csv", "audit/manifest.json"):
            archive.write(both[1] / name, f"results/{name}")
        archive.writestr(
            "config/tiny/plan.yaml", (repository / "config/tiny/plan.yaml").read_text().replace("'CRi'", "'PR'")
        )
    monkeypatch.chdir(repository)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = compare.compare(find("first", "tiny", scratch), find(str(crate), "tiny", scratch))
    assert (found.a.study, found.b.study) == ("tiny", "tiny")
    assert {(one.id, str(cause).partition(":")[0]) for one in found.moved for cause in one.causes} == {
        ("cr", "analyses.cr.event")
    }


@pytest.mark.parametrize("text", ["no-such-thing", "--output=x", "record"])
def test_what_is_not_there_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="git revision"):
        find(text, "tiny", tmp_path)
    assert not (tmp_path / "x").exists()


def test_a_folder_without_results_and_a_damaged_crate(both, tmp_path):
    (tmp_path / "crate.zip").write_text("no archive")
    (tmp_path / "folder").mkdir()
    for name, what in (("crate.zip", "cannot be read as a crate"), ("folder", "holds no analysis/ard.csv")):
        with pytest.raises(InputError, match=what):
            find(str(tmp_path / name), "tiny", tmp_path)


def test_versions_and_code_explain_what_nothing_else_does(both, tmp_path):
    newer = shutil.copytree(both[0], tmp_path / "newer")
    path = newer / "audit" / "trace.json"
    content = json.loads(path.read_text())
    content["records"]["cr"]["results"][0]["statistics"] = [
        [name, value, "61.0%" if name == "estimate" else shown, *rest]
        for name, value, shown, *rest in content["records"]["cr"]["results"][0]["statistics"]
    ]
    path.write_text(json.dumps(content))
    found = compare.compare(Side("a", both[0]), Side("b", newer))
    assert [(one.shown, [cause.kind for cause in one.causes]) for one in found.moved] == [
        (("60.0%", "61.0%"), ["unknown"])
    ]
    manifest = json.loads((newer / "audit" / "manifest.json").read_text())
    manifest["software"]["scipy"] = "0.1"
    manifest["inputs"]["workflow/a.py"] = {"sha256": "1"}
    (newer / "audit" / "manifest.json").write_text(json.dumps(manifest))
    (one,) = compare.compare(Side("a", both[0]), Side("b", newer)).moved
    assert [cause.kind for cause in one.causes] == ["software", "code"] and str(
        one.causes[1]
    ) == "the code: 1 files differ: workflow/a.py"


def test_pictures_that_a_record_knows_by_their_hash_are_not_said_to_be_new(tmp_path):
    sides = []
    for name, shades in (("record", {"os": 0, "lfs": 9}), ("now", {"os": 0, "lfs": 8, "new": 1})):
        folder = tmp_path / name
        (folder / "audit").mkdir(parents=True)
        (folder / "figures").mkdir()
        for stem, shade in shades.items():
            Image.new("L", (2, 2), shade).save(folder / "figures" / f"{stem}.png")
        outputs = {f"figures/{path.name}": digest(path) for path in (folder / "figures").iterdir()}
        manifest = {"study": "s", "inputs": {}, "outputs": outputs}
        (folder / "audit" / "manifest.json").write_text(json.dumps(manifest))
        sides.append(Side(name, folder))
    shutil.rmtree(tmp_path / "record" / "figures")
    found = list(figures.pairs(*sides))
    assert [(pair.name, pair.made, bool(pair.before), bool(pair.after)) for pair in found] == [
        ("lfs", (True, True), False, True), ("new", (False, True), False, True),
    ]  # fmt: skip
    shown = [page._figure(pair).count("not kept, only its hash") for pair in found]
    assert shown == [1, 0] and list(figures.pairs(Side("none", tmp_path), sides[1])) == []
