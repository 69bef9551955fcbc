"""The plan of a draft: times to events from durations and from dates; nothing that a run would stop at."""

from __future__ import annotations

from pathlib import Path

import pytest
from trialpress.checks.plan import load_plan
from trialpress.draft.new import Given, drafted, sums
from trialpress.study import load_study, load_yaml


def planned(folder: Path, text: str) -> dict:
    """plan.yaml of a file, checked as a run would."""
    raw = folder / "raw"
    raw.mkdir()
    (raw / "a.csv").write_text(text, encoding="utf-8")
    (raw / "SHA256SUMS").write_text(sums(raw), encoding="utf-8")
    draft = drafted(Given("made", directory=folder), raw)
    for name in ("study", "plan"):
        (folder / f"{name}.yaml").write_text(draft.texts[f"config/made/{name}.yaml"], encoding="utf-8")
    load_plan(folder / "plan.yaml", load_study(folder / "study.yaml"))
    return load_yaml(folder / "plan.yaml")


def rows(*columns) -> str:
    return "".join(",".join(str(column(n)) for column in columns) + "\n" for n in range(1, 41))


def test_a_duration_and_what_happened(tmp_path):
    plan = planned(
        tmp_path,
        "id,time (months),status (0=alive/1=dead),arm\n"
        + rows(lambda n: n, lambda n: n + 0.5, lambda n: n % 2, lambda n: "ab"[n % 2]),
    )
    assert plan["endpoints"] == {
        "until_status": {"label": "time", "time": "time", "event": "status == 'dead'", "unit": "months"}
    }
    assert plan["analyses"]["km_until_status_by_arm"]["by"] == "arm"
    assert plan["figures"]["km_until_status"]["analyses"] == ["km_until_status", "km_until_status_by_arm"]


@pytest.mark.parametrize(
    ("header", "time", "status"),
    [
        ("id,time,status", lambda n: n - 5, lambda n: ["alive", "dead"][n % 2]),
        ("id,time,status", lambda n: n, lambda n: ["one", "two"][n % 2]),
        ("id,time,grade", lambda n: n, lambda n: ["alive", "dead"][n % 2]),
    ],
    ids=["a negative time", "no code says that it happened", "no status"],
)
def test_no_endpoint_where_it_would_be_a_guess(tmp_path, header, time, status):
    assert "endpoints" not in planned(tmp_path, header + "\n" + rows(lambda n: n, time, status))


def test_dates_of_events_and_of_the_last_contact(tmp_path):
    head = "id,Infusion date,Relapse date,Death date,Last contact\n"
    plan = planned(tmp_path, head + rows(
        lambda n: n, lambda n: f"2020-01-{1 + n % 28:02d}", lambda n: f"2020-03-{1 + n % 28:02d}" if n % 3 == 0 else "",
        lambda n: f"2020-06-{1 + n % 28:02d}" if n % 2 else "", lambda n: f"2020-06-{1 + n % 28:02d}",
    ))  # fmt: skip
    assert plan["endpoints"] == {
        "os": {"label": "Overall survival", "origin": "infusion_date", "events": {"death": "death_date"}, "censor": "last_contact"},
        "efs": {"label": "Time to Relapse date or death", "origin": "infusion_date", "censor": "last_contact",
                "events": {"event": {"date": "relapse_date", "label": "Relapse date"}, "death": "death_date"}},
    }  # fmt: skip


def test_long_records_alone_are_counted(tmp_path):
    plan = planned(
        tmp_path, "id,day,crp\n" + "".join(f"{n},{day},{n}.{day}\n" for n in range(1, 21) for day in (1, 2, 3))
    )
    assert plan["cohort"]["columns"] == {
        "rows_of_a": {"from": "a", "value": "day", "take": "count", "label": "Rows of a"}
    }
    assert plan["analyses"]["characteristics"]["variables"] == ["rows_of_a"]


def test_noughts_and_ones_are_one_question(tmp_path):
    planned(
        tmp_path,
        "id,fever,cough,rash\n" + rows(lambda n: n, lambda n: n % 2, lambda n: n % 3 // 2, lambda n: int(n < 9)),
    )
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    assert [text.count(f"# ASK q{n}") for n in (1, 2)] == [3, 1]
