"""Direct identifiers are found wherever the dictionary declares them, also in the columns of a block."""

from trialpress.clean import clean
from trialpress.clean.read import identifiers, read_all
from trialpress.study import load_study

STUDY = """
study: {id: visits, title: Visits, data_cutoff: "2021-01-01", reconstruction: false}
files: {visits: {path: visits.csv}}
tables:
  people: {file: visits, key: [participant], columns: {participant: {source: id, type: id, pattern: 'P\\d'}}}
  visits:
    file: visits
    key: [participant, visit]
    blocks: [1, 2]
    columns:
      participant: {source: id, type: id, pattern: 'P\\d'}
      visit: {block: true, type: integer}
      nurse: {source: "nurse {block}", identifier: name}
      weight: {source: "weight {block}", type: number}
"""


def test_identifiers_of_a_block_are_found_and_hidden_in_rejected_rows(tmp_path):
    from hashlib import sha256

    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    raw = tmp_path / "raw"
    raw.mkdir()
    text = "id,nurse 1,weight 1,nurse 2,weight 2\nP1,Ann Lee,50,Bo Ray,51\n??,Cy Fox,52,Di Hun,53\n"
    (raw / "visits.csv").write_text(text, encoding="utf-8")
    (raw / "SHA256SUMS").write_text(f"{sha256(text.encode()).hexdigest()}  visits.csv\n", encoding="utf-8")
    study = load_study(tmp_path / "study.yaml")
    found = identifiers(study, read_all(study, raw)["visits"])
    assert {(index, column.name) for index, column in found} == {(1, "nurse"), (3, "nurse")}
    data = clean(study, raw, tmp_path / "corrections.csv")
    assert list(data.rejected["table"]) == ["people", "visits"]
    for content in data.rejected["content"]:
        assert "??" in content and "52" in content and "Fox" not in content and "Hun" not in content
