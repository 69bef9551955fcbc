"""What an expression gives, and what in it can mean nothing: one message for each rule."""

from __future__ import annotations

import pytest
from cases.conftest import build  # noqa: F401
from trialpress.errors import InputError
from trialpress.expression import Expression
from trialpress.kinds import Kind, order

STAGE, GRADE = Kind.of("code", ("I", "II", "III")), Kind.of("code", ("low", "high"))
KINDS = {
    "stage": STAGE, "late": Kind("text", ("II", "III"), True), "turned": Kind("text", ("III", "II"), True), "grade": GRADE,
    "free": Kind.of("text"), "n": Kind.of("integer"), "x": Kind.of("number"), "d": Kind.of("date"), "b": Kind.of("boolean"),
    "file": Kind.of("code", ("1", "2"), ordered=False), "t": Kind.of("time"), "t.inner": Kind.of("number"), "unknown": Kind(),
}  # fmt: skip


def read(text: str) -> tuple[Kind, list[str]]:
    kind, problems = Expression(text).kind(KINDS)
    return kind, [f"{what} / {do}" for what, do in problems]


@pytest.mark.parametrize(
    "text, message",
    [
        ("stage == grade", "stage (codes: I, II, III) and grade (codes: low, high) have no value in common: stage == grade / compare columns of one list"),
        ("stage < grade", "no value in common"),
        ("stage < free", "stage and free are texts without an order: stage < free / name the values"),
        ("free < stage", "free and stage are texts without an order"), ("stage < 'free'", "is not a value of stage"),
        ("file < '2'", "without an order"),
        ("file == '3'", "'3' is not a value of file (codes: 1, 2)"),
        ("late < turned", "without an order"),
        ("stage < 'II' or free < 'a'", "free and 'a' are texts without an order"),
        ("b == 'yes'", "b is a boolean, 'yes' a text: b == 'yes' / write b, or not b"),
        ("'yes' == b", "write b, or not b"),
        ("n == d", "n is a number, d a date: n == d / compare like with like"),
        ("d == 2015", "d is a date, 2015 a number: d == 2015 / compare like with like"),
        ("d > '2015-01-01'", "write date('2015-01-01')"),
        ("n == '5'", "write the number without quotes: 5"),
        ("n == free", "n is a number, free a text: n == free / compare like with like"),
        ("free == 5", "free is a text, 5 a number: free == 5 / write '5'"),
        ("stage == 1", "stage is a text, 1 a number (codes: I, II, III): stage == 1 / known here: I, II, III"),
        ("stage == 'IIII'", "'IIII' is not a value of stage (codes: I, II, III): stage == 'IIII' / did you mean 'III'?"),
        ("'' == stage", "missing(stage) is true where nothing is known"),
        ("stage in ('I', 'IV')", "'IV' is not a value of stage"),
        ("n in ('1',)", "write the number without quotes: 1"),
        ("n in x", "'x' is not a list: n in x / write in ('a', 'b'), with a comma for one: ('a',)"),
        ("n in ()", "is not a list"),
        ("1 < n < 'a'", "n is a number, 'a' a text"),
        ("starts(stage, 'X')", "no code of stage starts so (codes: I, II, III)"),
        ("n + 'a'", "calculates with a text"),
        ("stage * 2", "calculates with a text"),
        ("stage - free", "calculates with a text"),
        ("min(free, stage)", "min of texts without an order would be that of the alphabet"),
        ("max(late, turned)", "max of texts without an order"),
        ("coalesce(n, stage)", "coalesce mixes kinds of values: n (number), stage (text)"),
        ("when(n > 1, d, stage)", "when mixes kinds of values: d (date), stage (text)"),
        ("when(stage, 1, 2)", "'stage' is neither true nor false"),
        ("not d", "'d' is neither true nor false: not d / compare it with a value"),
        ("b and free", "'free' is neither true nor false"),
    ],
)  # fmt: skip
def test_problems(text, message):
    _, problems = read(text)
    assert any(message in problem for problem in problems), problems
    assert len(problems) == 1


@pytest.mark.parametrize(
    "text, family, codes, ordered",
    [
        ("n + 1", "number", (), True), ("b + n", "number", (), True), ("n / x", "number", (), True), ("free + '-'", "text", (), False),
        ("d + n", "", (), False), ("stage == 'I'", "boolean", (), False), ("not b", "boolean", (), False), ("-n", "number", (), False),
        ("days(d, d)", "number", (), True), ("hours(d, d)", "number", (), True), ("years(d, d)", "number", (), True),
        ("log10(n)", "number", (), True), ("round(x, 1)", "number", (), True), ("date('2015-01-01')", "date", (), True),
        ("shift(d, 1)", "date", (), True), ("text(n)", "text", (), False), ("missing(n)", "boolean", (), False),
        ("present(n)", "boolean", (), False), ("starts(free, 'a')", "boolean", (), False), ("t.inner", "number", (), False),
        ("coalesce(n, x)", "number", (), True), ("coalesce(d, d)", "date", (), True), ("coalesce(b, true)", "boolean", (), False),
        ("coalesce(unknown, n)", "", (), False), ("coalesce(late, stage)", "text", ("I", "II", "III"), True),
        ("coalesce(stage, 'IV')", "text", ("I", "II", "III", "IV"), False), ("coalesce(turned, stage)", "text", ("I", "II", "III"), False),
        ("coalesce(stage, free)", "text", (), False), ("coalesce(stage, grade)", "text", ("I", "II", "III", "low", "high"), False),
        ("when(b, 'a', 'b')", "text", ("a", "b"), False), ("when(b, 'II', stage)", "text", ("I", "II", "III"), True),
        ("min(stage, late)", "text", ("I", "II", "III"), True), ("max(n, x)", "number", (), True), ("coalesce(t, t)", "text", (), True),
        ("true", "boolean", (), False), ("'a'", "text", ("a",), False), ("5", "number", (), True),
        ("stage < late", "boolean", (), False), ("stage < stage", "boolean", (), False), ("late >= late", "boolean", (), False), ("stage <= 'II'", "boolean", (), False), ("t < t", "boolean", (), False),
        ("free == 'a'", "boolean", (), False), ("file == '1'", "boolean", (), False), ("unknown == 5", "boolean", (), False),
        ("coalesce(file, '1')", "text", ("1", "2"), False), ("b == true", "boolean", (), False), ("stage == 'I' and b", "boolean", (), False),
    ],
)  # fmt: skip
def test_kinds(text, family, codes, ordered):
    kind, problems = read(text)
    assert problems == []
    assert (kind.family, kind.codes, kind.ordered) == (family, codes, ordered)


@pytest.mark.parametrize(
    ("type", "codes", "ordered", "expected"),
    [("code", ["a", "b"], True, True), ("code", ["a", "b"], False, False), ("code", [], True, False), ("time", [], False, True), ("text", ["a"], True, False),
     ("integer", [], True, False)],
)  # fmt: skip
def test_what_is_ordered(type, codes, ordered, expected):
    assert Kind.of(type, codes, ordered).ordered is expected


def test_codes_are_never_compared_with_a_text_without_an_order():
    for text in ("stage < free", "free < stage", "stage >= free", "free <= grade", "free < free", "file < free"):
        assert any("without an order" in problem for problem in read(text)[1]), text
    for text in ("stage < 'II'", "'I' < stage", "late < stage", "stage <= late", "grade > 'low'", "'a' < 'b'"):
        assert read(text)[1] == [], text


def test_the_order_of_the_longer_list_holds():
    assert order(KINDS["late"], STAGE) == order(STAGE, KINDS["late"]) == ("I", "II", "III")
    assert order(Kind("text", ("I",), literal=True), KINDS["late"]) == ("II", "III")
    assert order(KINDS["file"], KINDS["free"], KINDS["n"]) == ()


TABLE = """
  t: {file: f, key: [participant], columns: {participant: {source: ID, type: id}, age: {source: Age, type: integer}}}
  v:
    file: v
    key: [participant, day]
    columns: {participant: {source: ID, type: id}, day: {source: Day, type: integer}, r: {source: R, type: code, codes: {a: [], b: []}}}
"""


@pytest.mark.parametrize(
    "column, message",
    [
        *((f"{{from: v, take: {how}}}", f"take: {how} needs a value") for how in ("only", "first", "last", "min", "max", "sum", "mean")),
        *((f"{{from: v, value: day, by: day, take: {how}}}", f"take: {how} has no order") for how in ("only", "min", "max", "sum", "mean", "count")),
        ("{from: v, by: day, take: any}", "take: any has no order"),
        *((f"{{from: v, value: r, take: {how}}}", f"take: {how} of a text has no meaning") for how in ("sum", "mean")),
        ("{cut: age, at: [40, 40], labels: [a, b, c]}", "do not rise"),
        ("{cut: age, at: [40], labels: [a, b, c]}", "needs one label more than cut points"),
        ("{cut: r, at: [40], labels: [a, b]}", "r is a text without an order|does not exist"),
        ("{expression: age, cut: age, at: [1], labels: [a, b]}", "needs one of expression, from, cut, rank, daily; has expression, cut"),
        ("{label: Nothing}", "has none"),
        ("{from: w, value: day}", "the clean table 'w' does not exist"),
        ("{expression: age, levels: {old: Old}}", "the column holds numbers, the level 'old' is a text"),
        ("{expression: age > 1, levels: {'yes': Old}}", "no participant can have the level 'yes' (its values: True, False)"),
        ("{expression: age, levels: {1: ''}}", "the level '1' has an empty name"),
        ("{rank: age, among: age}", "is a number, not a condition"),
        ("{from: v, value: day, where: day, take: max}", "is a number, not a condition"),
    ],
)  # fmt: skip
def test_columns_that_can_mean_nothing(build, column, message):  # noqa: F811
    plan = f"cohort: {{table: t, columns: {{x: {column}}}}}\nanalyses: {{}}\n"
    with pytest.raises(InputError) as error:
        build(TABLE, plan, f="ID,Age\nS1,1\n", v="ID,Day,R\nS1,1,a\n")
    assert any(part in str(error.value) for part in message.split("|")), str(error.value)


def test_the_key_of_another_table_is_a_column_too(build):  # noqa: F811
    table = (
        TABLE
        + "  once: {file: o, key: [participant], columns: {participant: {source: ID, type: id}, dose: {source: Dose, type: number}}}\n"
    )
    columns = "same: {expression: once.participant == participant}, in_it: {expression: present(once.participant)}, dose: {expression: once.dose * 2}"
    plan = f"cohort: {{table: t, columns: {{{columns}}}}}\nanalyses: {{}}\n"
    run = build(table, plan, f="ID,Age\nS1,1\nS2,2\nS3,3\n", v="ID,Day,R\nS1,1,a\n", o="ID,Dose\nS3,30\nS1,10\n")
    subjects = run.results.subjects.set_index("participant")
    assert subjects["in_it"].tolist() == [True, False, True] and subjects["dose"].fillna(0).tolist() == [20, 0, 60]
    assert subjects["same"].fillna(False).tolist() == [True, False, True]
