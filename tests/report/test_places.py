"""Where a number stands in a table: in which row, below which heading, in which column of which group."""

import pytest
from trialpress.report.places import places

TWO_LINES = """<table><caption><strong>Table 6.</strong> Events.</caption>
<thead>
<tr><th rowspan="2">Term</th><th colspan="2">A (n = <a class="num" href="#a">5</a>)</th><th colspan="2">All (n = 9)</th><th rowspan="2">P</th></tr>
<tr><th>Any grade</th><th>Grade 3</th><th>Any grade</th><th>Grade 3</th></tr>
</thead>
<tbody>
<tr><th>Investigations</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>
<tr><th>\u00a0\u00a0\u00a0Platelets</th><td><a class="num" href="#deep">1</a></td><td></td><td></td><td></td><td></td></tr>
</tbody></table>""".format(*(f'<a class="num" href="#{name}">1</a>' for name in "bcdef"))

SECTIONS = """<table><caption>Counts.</caption><thead><tr><th>Visit</th><th>n</th></tr></thead><tbody>
<tr><th><strong>Neutrophils</strong></th><td></td></tr>
<tr><th>Day 0</th><td><a class="num" href="#flat">5</a></td></tr>
<tr><th><strong>By stratum</strong></th><td></td></tr>
<tr><th>\u00a0\u00a0\u00a0High</th><td><a class="num" href="#under">5</a></td></tr>
<tr><th>Survival</th><td><a class="num" href="#after">5</a></td></tr>
</tbody></table>"""


@pytest.fixture
def found(tmp_path):
    (tmp_path / "report").mkdir()
    page = f"<html><body>{TWO_LINES}{SECTIONS}</body></html>"
    (tmp_path / "report" / "manuscript.html").write_text(page, encoding="utf-8")
    return {number: here[0].where for number, here in places(tmp_path).items()}


@pytest.mark.parametrize(
    ("number", "where"),
    [
        ("a", "A (n = 5)"),
        ("b", "Investigations; A (n = 5): Any grade"),
        ("c", "Investigations; A (n = 5): Grade 3"),
        ("d", "Investigations; All (n = 9): Any grade"),
        ("e", "Investigations; All (n = 9): Grade 3"),
        ("f", "Investigations; P"),
        ("deep", "Investigations; Platelets; A (n = 5): Any grade"),
    ],
)
def test_a_head_over_others_and_one_beside_them_are_named(found, number, where):
    assert found[number] == f"Table 6. Events. {where}"


@pytest.mark.parametrize(
    ("number", "where"), [("flat", "Neutrophils; Day 0; n"), ("under", "By stratum; High; n"), ("after", "Survival; n")]
)
def test_a_row_is_named_with_the_heading_that_it_stands_below(found, number, where):
    assert found[number] == f"Counts. {where}"
