"""All that a figure can read of the results is noted: what is not noted can be destroyed without changing it."""

import io
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from trialpress import figures
from trialpress.figures import style
from trialpress.figures.observed import ALL, ANALYSIS, COLUMN, ENTRIES, ENTRY, FRAMES, ROWS, Noted, Observed, contents

WAYS = {
    "a column": (lambda frame: frame["a"], {(COLUMN, "a")}),
    "a column that is not there": (lambda frame: "z" in frame, {(COLUMN, "z")}),
    "some columns": (lambda frame: frame[["a", "b"]], {(COLUMN, "a"), (COLUMN, "b")}),
    "a column of some rows": (lambda frame: frame.loc[frame["b"] > 4, "a"], {(COLUMN, "a"), (COLUMN, "b")}),
    "some rows": (lambda frame: frame[frame["b"] > 4].reset_index(drop=True), {(COLUMN, "b")}),
    "a column of rows": (lambda frame: frame[np.array([True, False])].head(1)["c"], {(COLUMN, "c")}),
    "rows by place": (lambda frame: frame.iloc[:1]["c"], {(COLUMN, "c")}),
    "the number of rows": (len, {(ROWS, "")}),
    "whether there are rows": (lambda frame: frame.empty, {(ROWS, "")}),
    "sorted": (lambda frame: frame.sort_values("a"), {(COLUMN, "a")}),
    "by a column": (lambda frame: frame.set_index("a")["b"], {(COLUMN, "a"), (COLUMN, "b")}),
    "with another column": (lambda frame: frame.assign(d=frame["a"])["d"], {(COLUMN, "a"), (COLUMN, "d")}),
}  # fmt: skip
WHOLE = {
    "the names": lambda frame: frame.columns,
    "the types": lambda frame: frame.dtypes,
    "an attribute": lambda frame: frame.a,
    "a row": lambda frame: frame.loc[0],
    "cells by place": lambda frame: frame.iloc[0, 0],
    "a cell": lambda frame: frame.at[0, "a"],
    "tuples": lambda frame: [*frame.itertuples()],
    "columns one by one": lambda frame: [*frame.items()],
    "an array": lambda frame: np.asarray(frame),
    "its values": lambda frame: frame.values,
    "Arrow": lambda frame: pa.Table.from_pandas(frame),
    "joined": lambda frame: pd.concat([frame, frame]),
    "merged": lambda frame: frame.merge(pd.DataFrame({"a": [1]})),
    "grouped": lambda frame: frame.groupby("a").sum(),
    "asked": lambda frame: frame.query("a > 1"),
    "a copy": lambda frame: frame.copy(),
    "less a column": lambda frame: frame.drop(columns="a"),
    "of another name": lambda frame: frame.rename(columns={"a": "b"}),
    "pickled": pickle.dumps,
    "printed": repr,
    "summed": lambda frame: frame.sum(),
    "taken": lambda frame: frame.take([0]),
    "into a frame": lambda frame: pd.DataFrame(frame),
    "changed": lambda frame: frame.__setitem__(slice(0, 1), 0),
    "changed by place": lambda frame: frame.loc.__setitem__((0, "a"), 0),
}


def noted(do) -> tuple[set, object]:
    notes: set = set()
    frame = pd.DataFrame({"a": [1, 2], "b": [4, 5], "c": [6, 7]})
    return notes, do(Noted(frame, lambda how, name: notes.add((how, name)))), do(frame)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_read_of_a_table_is_noted_and_nothing_else(way):
    do, wanted = WAYS[way]
    notes, found, plain = noted(do)
    assert notes - {(ROWS, "")} == wanted - {(ROWS, "")}
    assert (ROWS, "") in notes or (ROWS, "") not in wanted
    assert pd.DataFrame(found).equals(pd.DataFrame(plain)) if hasattr(plain, "index") else found == plain


@pytest.mark.parametrize("way", WHOLE)
def test_a_table_that_is_used_in_another_way_is_read_whole(way):
    assert (ALL, "") in noted(WHOLE[way])[0]


def test_the_tables_and_entries_of_the_results_are_all_noted(usual):
    seen = Observed.of(usual, "km")
    assert {type(getattr(seen, name)) for name in FRAMES} | {*map(type, seen.tables.values())} == {Noted}
    mappings = {name for name in vars(usual.plan) if isinstance(getattr(usual.plan, name), dict)}
    assert mappings - {*ENTRIES} == {
        "daily",
        "figures",
        "tables",
        "families",
        "precision",
        "written",
    }  # small, or not read
    assert len(seen.plan.endpoints) == len(usual.plan.endpoints)
    assert seen.notes == {("plan.endpoints", ALL, "")}


def destroyed(results, notes, figure):
    """The results without what is not in the notes."""
    has = {}
    for where, how, name in notes:
        has.setdefault(where, {}).setdefault(how, set()).add(name)

    def left(where, frame):
        of = has.get(where, {})
        if ALL in of:
            return frame
        if ANALYSIS not in of:
            return frame[[name for name in frame if name in of.get(COLUMN, ())]]
        lost = ~frame["analysis"].isin(of[ANALYSIS])
        return frame.assign(
            **{name: frame[name].mask(lost) for name in frame if name not in ("analysis", *of.get(COLUMN, ()))}
        )

    entries = {
        field: {name: entry for name, entry in getattr(results.plan, field).items()
                if ALL in has.get(f"plan.{field}", {}) or name in has.get(f"plan.{field}", {}).get(ENTRY, ())}
        for field in ENTRIES
    }  # fmt: skip
    frames = {name: left(name, getattr(results, name)) for name in FRAMES}
    for name in ("ard", "curves", "participants"):  # the rows by which an analysis is found
        frames[name] = frames[name].assign(analysis=getattr(results, name)["analysis"])
    tables = {name: left(f"tables.{name}", frame) for name, frame in results.tables.items()}
    plan = replace(results.plan, figures={figure: results.plan.figures[figure]}, **entries)
    return replace(results, plan=plan, tables=tables, **frames)


def picture(results, name) -> tuple[bytes, str, str]:
    drawing, to = figures.draw(results, name), io.BytesIO()
    with style.look():
        drawing.figure.savefig(to, format="svg", metadata={"Date": None})
    return to.getvalue(), drawing.numbers.to_csv(), drawing.alt


def test_what_a_figure_did_not_note_it_did_not_read(usual):
    specs = usual.plan.figures.items()
    for name in {spec["kind"]: name for name, spec in specs if not name.startswith("nobody")}.values():
        seen = Observed.of(usual, name)
        first = picture(seen, name)
        assert picture(destroyed(usual, seen.notes, name), name) == first, name


def test_other_content_has_another_hash(usual):
    other = replace(usual, subjects=usual.subjects.assign(age=usual.subjects["age"] + 1))
    before, after = contents(usual), contents(other)
    for note, same in {
        ("subjects", COLUMN, "age"): False,
        ("subjects", COLUMN, "sex"): True,
        ("subjects", COLUMN, "not there"): True,
        ("subjects", ROWS, ""): True,
        ("subjects", ALL, ""): False,
        ("ard", ANALYSIS, "os"): True,
        ("plan.columns", ENTRY, "age"): True,
    }.items():
        assert (before(note) == after(note)) is same, note
    with pytest.raises((KeyError, AttributeError)):
        before(("nothing", ALL, ""))
