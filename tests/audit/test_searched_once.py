"""The privacy gate does not search again what held nothing, and searches again whatever has changed."""

import base64
import io
import zipfile
from unittest.mock import patch

import pytest
import typst
from trialpress.audit.privacy import PrivacyError, Sought, gate, leaves, raw, search
from trialpress.store import Store

NAME = "Okafor, Chidi"


def sought(*values):
    known = Sought()
    for value in values:
        known.add(value, "name")
    return known


def pdf(*pages):
    text = "\n#pagebreak()\n".join(pages)
    return typst.compile(text.encode(), ignore_system_fonts=True, timestamp=0)


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.fixture
def folder(tmp_path):
    for name, content in {
        "a.csv": b"x,y\n1,2\n",
        "b.pdf": pdf("First page.", "Second page.", "Third page."),
        "c.docx": zipped(one=b"first member", two=b"second member"),
        "d.html": b"<p>page</p>",
    }.items():
        path = tmp_path / "results" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "results"


def searched(folder, known, code="1", passed=()):
    """The texts that were searched; the store lies outside of what is searched."""
    read = []

    def found(texts, is_log):
        texts = list(texts)
        read.extend(text.strip() for text in texts)
        return real(texts, is_log)

    real = search._found
    with patch.object(search, "_found", found), patch.object(search, "_named", lambda *_: {}):
        gate(known, [folder], passed=passed, store=Store(folder.parent / "store", code))
    return read


def test_nothing_is_searched_twice(folder):
    assert searched(folder, sought(NAME))
    assert searched(folder, sought(NAME)) == []


def test_of_what_has_changed_the_changed_page_or_member_is_searched(folder):
    for _ in range(3):  # the parts of what did not change are known still
        searched(folder, sought(NAME))
    (folder / "b.pdf").write_bytes(pdf("First page.", "Second side.", "Third page."))
    (folder / "c.docx").write_bytes(zipped(one=b"first member", two=b"other member"))
    (folder / "d.html").write_bytes(b"<p>sheet</p>")
    again = searched(folder, sought(NAME))
    assert {"Second side.", "other member", "sheet"} <= set(again)
    assert not {"First page.", "Third page.", "first member", "x,y\n1,2"} & set(again)


@pytest.mark.parametrize(
    "content",
    [
        b"<p>Chidi Okafor</p>",
        pdf("First page.", "Chidi Okafor", "Third page."),
        zipped(one=b"first member", two=b"Chidi Okafor"),
    ],
)
def test_what_comes_to_hold_a_name_is_found(folder, content):
    searched(folder, sought(NAME))
    (folder / "d.html").write_bytes(content)
    with pytest.raises(PrivacyError, match=r"d\.html: holds a direct identifier: name"):
        searched(folder, sought(NAME))
    with pytest.raises(PrivacyError):  # and again: what held something is not remembered
        searched(folder, sought(NAME))


def test_another_identifier_or_other_code_searches_all_again(folder):
    first = searched(folder, sought(NAME))
    assert searched(folder, sought(NAME), code="2") == first
    (folder / "d.html").write_bytes(b"<p>Jane Roe</p>")
    searched(folder, sought(NAME))
    with pytest.raises(PrivacyError):
        searched(folder, sought(NAME, "Roe, Jane"))


def test_a_store_that_someone_has_changed_is_not_believed(folder):
    first = searched(folder, sought(NAME))
    (kept,) = (folder.parent / "store").iterdir()
    kept.write_bytes(kept.read_bytes() + b" ")
    assert searched(folder, sought(NAME)) == first


def test_what_was_passed_over_is_searched_where_it_is_not_a_file_of_its_own_any_more(folder):
    inner = b"<p>a page that a file of its own holds, too</p>"
    (folder / "e.html").write_bytes(inner)
    (folder / "f.html").write_bytes(b"<i src='data:text/html;base64," + base64.b64encode(inner) + b"'>")
    said = "a page that a file of its own holds, too"
    assert searched(folder, sought(NAME)).count(said) == 1
    (folder / "e.html").unlink()
    assert searched(folder, sought(NAME)).count(said) == 1


def test_the_store_names_nobody(folder):
    searched(folder, sought(NAME))
    (kept,) = (folder.parent / "store").iterdir()
    assert not sought(NAME).hits(kept.name + kept.read_text())


def test_what_the_engine_says_is_excused_from_the_store_as_from_its_files(tmp_path):
    engine = [*leaves(b"a road in Okafor"), *leaves(b"1234567 and Chidi")]
    plain, store = sought(NAME, "Roe, Jane"), Store(tmp_path, "1")
    raw._excuse(plain, engine, None)
    for _ in range(2):  # made, then taken
        found = sought(NAME, "Roe, Jane")
        raw._excuse(found, engine, store)
        assert found == plain and len(found.keys) < len(sought(NAME, "Roe, Jane").keys)
    others = [*engine, *leaves(b"Jane Roe")]
    raw._excuse(found := sought(NAME, "Roe, Jane"), others, store)
    assert not found.hits("Jane Roe")


def test_the_signs_in_the_store_name_nobody(tmp_path):
    raw._excuse(sought(NAME), [*leaves(b"a road in Okafor")], Store(tmp_path, "1"))
    (kept,) = tmp_path.iterdir()
    assert set(kept.read_text()) <= {"+", "-"}
