"""Small counts for public release: withheld or rounded, with what is computed from them, and listed."""

import pandas as pd
import pytest
from trialpress.audit.differences import read_table
from trialpress.audit.disclosure import Control, reason, release

ARD = """analysis,population,group,level,statistic,value,display,method,n_population,note
cr,infused,,,N,40,40,counts,40,
cr,infused,,,estimate,0.9,90.0%,exact,40,
cr,infused,,,n,36,36,counts,40,
sz,infused,,,N,40,40,counts,40,
sz,infused,,,estimate,0.075,7.5%,exact,40,
sz,infused,,,n,3,3,counts,40,
no,infused,,,N,40,40,counts,40,
no,infused,,,estimate,0,0.0%,exact,40,
no,infused,,,n,0,0,counts,40,
"""
TABLE = """Term,MRD (n = 4),Overall (n = 51),P
Seizure,1 (25.0%),8 (15.7%),0.31
Fever,4 (100.0%),50 (98.0%),0.99
Age,31 (12.5–40.1),30 (4.0–70.0),
None,0 (0.0%),0 (0.0%),
"""
RATES = "Outcome,n/N,%,95% CI\nCR,36/40,90.0,76.3–97.2\nSeizure,3/40,7.5,1.6–20.4\n"


@pytest.fixture
def folder(tmp_path):
    files = {
        "analysis/ard.csv": ARD, "tables/ae.csv": TABLE, "tables/rates.csv": RATES,
        "figures/rates.csv": "panel,n,N,estimate\na,36,40,0.9\nb,3,40,0.075\n", "figures/swimmer.csv": "participant,time\nLD-001,3.5\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_small_counts_are_withheld_with_what_follows_from_them(folder):
    withheld = release(folder, {"threshold": 5, "mode": "suppress"}, ["LD-001"])
    to = folder / "audit" / "release"
    ard = read_table(to / "ard.csv").set_index(["analysis", "statistic"])["display"]
    assert ard["sz", "n"] == "<5" and ard["sz", "estimate"] == "–" and ard["sz", "N"] == "40"
    assert ard["cr", "n"] == "36" and ard["cr", "estimate"] == "90.0%" and ard["no", "n"] == "0"
    assert (read_table(to / "ard.csv")["value"] == "").sum() == 1
    rates = read_table(to / "tables" / "rates.csv")
    assert list(rates.iloc[0]) == ["CR", "36/40", "90.0", "76.3–97.2"]
    assert list(rates.iloc[1]) == ["Seizure", "<5/40", "–", "–"]
    ae = read_table(to / "tables" / "ae.csv")
    assert list(ae.columns)[1:3] == ["MRD (n = <5)", "Overall (n = 51)"]
    assert list(ae.iloc[0]) == ["Seizure", "<5", "8 (15.7%)", "–"]
    assert ae.iloc[2, 1] == "31 (12.5–40.1)" and ae.iloc[3, 1] == "0 (0.0%)"
    figure = read_table(to / "figures" / "rates.csv")
    assert list(figure["n"]) == ["36", "<5"] and list(figure["estimate"]) == ["0.9", ""]
    assert "<5" in (to / "tables" / "rates.md").read_text().replace("\\", "")
    assert not (to / "figures" / "swimmer.csv").exists()
    assert {"ard.csv", "tables/ae.csv", "tables/rates.csv", "figures/rates.csv", "figures/swimmer.csv"} == set(
        withheld["file"]
    )
    assert len(read_table(to / "suppressed.csv")) == len(withheld)


def test_rounding(folder):
    release(folder, {"threshold": 5, "mode": "round"}, [])
    to = folder / "audit" / "release"
    assert list(read_table(to / "figures" / "rates.csv")["n"]) == ["36", "5"]
    assert [Control(5, "round").count(str(n)) for n in (1, 2, 3, 4)] == ["0", "0", "5", "5"]


def test_a_table_without_small_counts_is_not_touched():
    frame = pd.DataFrame({"Term": ["CR"], "n/N": ["36/40"], "%": ["90.0"]})
    control = Control(5, "suppress")
    control.looks([(control.printed, (frame, "t"))])
    assert control.printed(frame, "t").equals(frame) and control.withheld == []


def test_labels_are_no_counts():
    frame = pd.DataFrame({"section": ["Columns: Lee"], "CRS": ["3"], "0": ["4"], "3": ["23"]})
    control = Control(5, "suppress")
    control.looks([(control.printed, (frame, "t"))])
    found = control.printed(frame, "t")
    assert list(found.columns) == list(frame.columns) and list(found.iloc[0]) == ["Columns: Lee", "3", "<5", "23"]


def test_the_setting_is_said():
    assert "off" in reason({"threshold": 0, "mode": "suppress"})
    assert "1 to 4" in reason({"threshold": 5, "mode": "suppress"})


def released(tmp_path, **files: str) -> tuple:
    """(file -> its rows as released, what was withheld) of tables and figures beside an empty ard.csv."""
    for name, text in {
        "analysis/ard": ARD.splitlines()[0] + "\n",
        **{key.replace("__", "/"): text for key, text in files.items()},
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.csv").write_text(text)
    withheld = release(tmp_path, {"threshold": 5, "mode": "suppress"}, ["LD-001"])
    to = tmp_path / "audit" / "release"
    found = {path.relative_to(to).as_posix()[:-4]: read_table(path) for path in to.rglob("*.csv")}
    return {name: frame.astype(str).to_numpy().tolist() for name, frame in found.items()}, withheld


def test_what_is_withheld_in_one_file_is_withheld_in_all(tmp_path):
    table = "Term,A (n = 23),B (n = 30)\nSevere,3 (13.0%),10 (33.3%)\nOther,20 (87.0%),20 (66.7%)\n"
    found, _ = released(
        tmp_path,
        tables__t=table,
        tables__u="Outcome,n/N\nOther,20/23\nAnother,20/40\n",
        figures__f="panel,n,N,estimate\nother,20,23,0.869565217\nanother,20,40,0.5\n",
        figures__g="panel,estimate\nsevere,0.130434782\nother,0.869565217\nanother,0.512345678\n",
        figures__h="panel,n\nother,20\nmore,21\n",
    )
    assert found["tables/t"] == [["Severe", "<5", "10 (33.3%)"], ["Other", "–", "20 (66.7%)"]]
    assert found["tables/u"] == [["Other", "–"], ["Another", "20/40"]]
    assert found["figures/f"] == [["other", "–", "23", ""], ["another", "20", "40", "0.5"]]
    assert found["figures/g"][1:] == [["other", ""], ["another", "0.512345678"]], (
        "computed from what is withheld elsewhere"
    )
    assert found["figures/h"] == [["other", "–"], ["more", "21"]], "of no known size: it may be the same"


def test_sums_across_files_tell_no_small_count(tmp_path):
    """20 = 17 + 3 in one file; 17 = 8 + 9 in another, of the same 20: whoever has both must not find the 3."""
    found, _ = released(
        tmp_path,
        tables__t="Term,n/N\nSevere,3/20\nOther,17/20\n",
        tables__u="Term,n/N,m/N,both/N\nOther,8/20,9/20,17/20\n",
    )
    assert found["tables/t"] == [["Severe", "<5/20"], ["Other", "–"]]
    row = found["tables/u"][0]
    assert row[3] == "–" and "–" in row[1:3], row


def test_a_file_whose_sums_tell_a_small_count_is_left_out(tmp_path):
    found, withheld = released(
        tmp_path, tables__t="Term,n/N\na,4/12\nb,4/12\nc,4/12\n", tables__u="Term,n/N\nx,6/12\ny,7/13\n"
    )
    assert "tables/t" not in found and "tables/u" in found
    assert withheld.set_index("file").loc["tables/t.csv", "why"] == "a small count would follow from its sums"


def test_a_group_whose_size_is_withheld_is_told_by_no_cell(tmp_path):
    found, _ = released(
        tmp_path, tables__t="Term,A (n = 3),B (n = 37),All (n = 40)\nx,3 (100.0%),30 (81.1%),33 (82.5%)\nAge,31,55,50\n"
    )
    header = list(read_table(tmp_path / "audit/release/tables/t.csv").columns)
    assert header[1] == "A (n = <5)" and ("–" in header[2]) != ("–" in header[3]), header
    at = 2 if "–" in header[2] else 3
    assert [row[at] for row in found["tables/t"]] == ["–", "–"]
