"""What a stage does not read is not in its part; what it reads and changes is seen by its hash."""

import json
from pathlib import Path

import pytest
import yaml
from parts_sweep import Plain, Sample, changed, sweep
from trialpress import parts
from trialpress.study import load_yaml

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "config" / "low-dose-cd19"


def digests(folder: Path) -> dict[str, str]:
    named = parts.of_rules(folder, reconstruction=True)
    return {part.rpartition("/")[2]: parts.digest(part) for of in named.values() for part in of}


@pytest.fixture
def config(tmp_path):
    """The default study's files, written plainly."""
    for file in sorted(STUDY.iterdir()):
        (tmp_path / file.name).write_text(yaml.dump(load_yaml(file), Dumper=Plain, allow_unicode=True, sort_keys=False))
    return tmp_path


def moved(folder: Path, file: str, *path, to=None) -> set[str]:
    """The stages that read what was changed."""
    before, content = digests(folder), load_yaml(folder / file)
    at = content
    for step in path[:-1]:
        at = at[step]
    if to is None:
        content = changed(content, path)
    else:
        at[path[-1]] = to
    (folder / file).write_text(yaml.dump(content, Dumper=Plain, allow_unicode=True, sort_keys=False))
    after = digests(folder)
    return {part.partition("#")[2] for part in before if before[part] != after[part]}


COMPUTE = {"analysis", "trace", "figures", "tables", "fragments"}


@pytest.mark.parametrize(
    ("file", "path", "stages"),
    [
        ("plan.yaml", ("figures", "os", "caption"), {"fragments"}),
        ("plan.yaml", ("tables", "baseline", "caption"), {"tables", "fragments"}),
        ("plan.yaml", ("figures", "os", "width"), {"figures", "fragments"}),
        ("plan.yaml", ("analyses", "os", "label"), COMPUTE),
        ("plan.yaml", ("populations", "infused", "condition"), COMPUTE | {"cohort", "effects"}),
        ("plan.yaml", ("plan", "seed"), COMPUTE),
        ("plan.yaml", ("plan", "multiplicity"), {"fragments"}),
        ("study.yaml", ("study", "citation"), {"fragments"}),
        ("study.yaml", ("study", "title"), {"analysis", "trace", "fragments"}),
        ("study.yaml", ("tables", "enrolment", "columns", "age", "label"), {"clean", "cohort", "effects"} | COMPUTE),
        ("claims.yaml", ("claims", "rr_treated", "quote"), set()),
        ("claims.yaml", ("claims", "rr_treated", "published", "N"), {"analysis"}),
    ],
)  # fmt: skip
def test_who_reads_what_was_changed(config, file, path, stages):
    to = "double" if path[-1] == "width" else None
    assert moved(config, file, *path, to=to) == stages


def test_a_comment_and_the_order_of_an_entry_are_read_by_nobody(config):
    before, plan = digests(config), config / "plan.yaml"
    plan.write_text("# fixed\n" + plan.read_text())
    assert digests(config) == before


def test_a_job_takes_the_hash_of_the_runs_beginning_while_file_and_code_are_what_they_were(config, monkeypatch):
    part = f"{config}/plan.yaml#figures"
    right = parts.digest(part)
    monkeypatch.setenv(parts.CHECKED, "{}")
    parts.are_checked([part])
    state, known = json.loads(parts.os.environ[parts.CHECKED])[part], "told"
    assert state[1] == right and parts.unchecked({part: right}) == []
    monkeypatch.setenv(parts.CHECKED, json.dumps({part: [state[0], known]}))
    assert parts.digest(part) == known, "the plan is not read for it"
    assert parts.unchecked({part: right}) == [part]
    with monkeypatch.context() as edited:
        edited.setattr(parts, "_code", lambda: ["another"])
        assert parts.digest(part) == right
    (config / "study.yaml").write_text((config / "study.yaml").read_text() + "# read anew\n")
    assert parts.digest(part) == right


def test_what_a_stage_does_not_read_cannot_be_used_by_mistake():
    missing = parts.NotRead("plan.figures")
    for use in (len, iter, bool, str, hash, lambda it: it["os"], lambda it: "os" in it, lambda it: it == {}, lambda it: it.keys(),
                lambda it: it | {}, lambda it: f"{it}", lambda it: it < 1):  # fmt: skip
        with pytest.raises(AssertionError, match="plan.figures is not read"):
            use(missing)


def test_no_stage_is_left_as_it_is_when_what_it_gives_has_changed(tmp_path):
    """`python tests/parts_sweep.py` does the same of whole studies."""
    told = []
    found = sweep(Sample("tiny", ROOT / "tests/fixtures/tiny", tmp_path, ("clean", "cohort", "effects", "analysis", "figures", "tables")), 30, 3, told.append)  # fmt: skip
    assert not told
    assert found["changed"] >= 8
