"""The report engine on a toy project: every construct in every format, the same bytes everywhere, errors by line."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdf
import pytest
from lxml import etree
from trialpress.errors import InputError
from trialpress.report import archive, engine, qmd
from trialpress.report.assets import make_reference

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "report"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DATE = "2026-01-31"


BANNER = "Reconstruction: simulated participants, not patients. Every published count holds in them; nothing else does."


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("with spaces")
    source = shutil.copytree(FIXTURE, base / "a project")
    result = engine.render(source, base / "out", engine="embedded", date=DATE)
    assert sorted(p.name for p in source.iterdir()) == sorted(p.name for p in FIXTURE.iterdir())  # no work files left
    beside = {"figures", "manuscript.jats.zip"}  # the images of the XML, and the archive that holds them too
    assert {p.name for p in (base / "out").iterdir()} == beside | {p.name for p in result.values()}
    return result


@pytest.fixture(scope="module")
def html(made) -> etree._Element:
    return etree.HTML(made["html"].read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def word(made) -> etree._Element:
    with zipfile.ZipFile(made["docx"]) as parts:
        return etree.fromstring(parts.read("word/document.xml"))


@pytest.fixture(scope="module")
def jats(made) -> etree._Element:
    return etree.fromstring(made["jats"].read_bytes(), etree.XMLParser(load_dtd=False))


@pytest.fixture(scope="module")
def pdf(made) -> pypdf.PdfReader:
    return pypdf.PdfReader(made["pdf"])


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\xa0", " "))


@pytest.fixture(scope="module")
def texts(html, word, jats, pdf) -> dict[str, str]:
    """What a reader reads, by format."""
    paragraphs = ["".join(p.itertext(f"{W}t")) for p in word.iter(f"{W}p")]
    return {
        "html": squeezed("".join(html.find("body").itertext())),
        "docx": squeezed(" ".join(paragraphs)),
        "jats": squeezed("".join(jats.itertext())),
        "pdf": squeezed(" ".join(page.extract_text() for page in pdf.pages)),
    }


FORMATS = ("html", "pdf", "docx", "jats")


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(
    "shown",
    [
        "Toy trial: remission in 36 of 40 participants",  # a variable in the title
        "Reconstruction: simulated participants, not patients",
        "Remission in 36/40 (90.0%) of 51 participants",  # in the abstract
        "Response by dose: 36/40 (90.0%).",  # in a figure's caption
        "Remission by group, Exact Clopper–Pearson interval.",  # in a table's caption, in an included file
        "B, a|b",  # in a cell, with a bar
        "What Toy trial is",  # in a callout's title
        "A callout with its default title.",
        "Read from a file within a file: Exact Clopper–Pearson interval.",
        "Biometrika",
        "{{< var no.such >}}",
        "Institute of Samples",
    ],
)
def test_every_construct_reaches_the_reader_in_every_format(texts, fmt, shown):
    assert shown in texts[fmt]


@pytest.mark.parametrize("fmt", FORMATS)
def test_references_are_numbered_in_the_order_of_the_document(texts, fmt):
    said = r"as Figure 1 and Table 1 ?show; see also 2, Figure 1, Table 2, Section 2 and Figure S1\."
    assert re.search(said, texts[fmt])


@pytest.mark.parametrize("fmt", FORMATS)
def test_conditional_content_follows_the_format(texts, fmt):
    assert ("Only in HTML." in texts[fmt]) == (fmt == "html")
    assert ("Not in HTML." in texts[fmt]) == (fmt != "html")


@pytest.mark.parametrize("fmt", FORMATS)
def test_local_links_stay_in_html_alone(made, html, pdf, word, fmt):
    match fmt:
        case "html":
            links = html.xpath("//a[@class='num']/@href")
            assert len(links) == 5 and set(links) == {"audit.html#cr"}
        case "pdf":
            targets = [
                annotation.get_object().get("/A", {}).get("/URI", "")
                for page in pdf.pages
                for annotation in page.get("/Annots", [])
            ]
            assert any("doi.org" in target for target in targets)
            assert not any("audit" in target for target in targets)
        case "docx":
            with zipfile.ZipFile(made["docx"]) as parts:
                assert b"audit.html" not in parts.read("word/_rels/document.xml.rels")
        case "jats":
            assert "audit.html" not in made["jats"].read_text(encoding="utf-8")


def test_html_is_one_file_whose_inner_links_all_arrive(made, html):
    text = made["html"].read_text(encoding="utf-8")
    assert not html.xpath("//link | //script[@src] | //img[not(starts-with(@src, 'data:'))]")
    assert not re.search(r"url\((?!['\"]?data:)", text)
    ids = html.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in html.xpath("//a/@href") if href.startswith("#")} <= set(ids)
    assert html.xpath("//figure[@id='fig-dose']//img/@alt") == ['Bars of response in three "dose" groups']
    assert html.xpath("//div[@class='table-float']/@id") == ["tbl-response", "tbl-wide", "tbl-long"]


def test_word_has_fields_repeated_headers_and_footers(made, word):
    bookmarks = set(word.xpath("//w:bookmarkStart/@w:name", namespaces={"w": W[1:-1]}))
    fields = [text.strip() for text in word.itertext(f"{W}instrText")]
    assert {"REF _Ref_fig_dose \\h", "REF _Ref_fig_time_n \\h"} <= set(fields)
    assert {field.split()[1] for field in fields if field.startswith("REF")} <= bookmarks
    assert {anchor for link in word.iter(f"{W}hyperlink") if (anchor := link.get(f"{W}anchor"))} <= bookmarks
    captions = [field.get(f"{W}instr").strip() for field in word.iter(f"{W}fldSimple")]
    assert captions.count("SEQ Figure \\* ARABIC") == 2 and captions.count("SEQ Table \\* ARABIC") == 3
    assert all(table.find(f".//{W}tblHeader") is not None for table in word.iter(f"{W}tbl"))
    ids = word.xpath("//w:bookmarkStart/@w:id", namespaces={"w": W[1:-1]})
    assert len(ids) == len(set(ids))
    with zipfile.ZipFile(made["docx"]) as parts:
        relations = etree.fromstring(parts.read("word/_rels/document.xml.rels"))
        footers = {r.get("Id") for r in relations if r.get("Type").endswith("/footer")}
        assert not [name for name in parts.namelist() if name.endswith(".svg")]
        used = {style.get(f"{W}val") for style in word.iter(f"{W}pStyle")}
        styles = etree.fromstring(parts.read("word/styles.xml"))
    assert used <= {style.get(f"{W}styleId") for style in styles.iter(f"{W}style")}
    sections = list(word.iter(f"{W}sectPr"))
    assert len(sections) == 3
    assert all(section.find(f"{W}footerReference").get(f"{R}id") in footers for section in sections)


def test_word_has_the_banner_on_every_page_and_rows_stay_whole(made, word):
    for row in word.iter(f"{W}tr"):
        assert row.find(f"{W}trPr/{W}cantSplit") is not None
    with zipfile.ZipFile(made["docx"]) as parts:
        relations = etree.fromstring(parts.read("word/_rels/document.xml.rels"))
        header = {r.get("Id"): r.get("Target") for r in relations if r.get("Type").endswith("/header")}
        texts = {
            at: "".join(etree.fromstring(parts.read(f"word/{name}")).itertext(f"{W}t")) for at, name in header.items()
        }
        styles = etree.fromstring(parts.read("word/styles.xml"))
    for section in word.iter(f"{W}sectPr"):
        assert texts[section.find(f"{W}headerReference").get(f"{R}id")] == BANNER
    sizes = {style.get(f"{W}styleId"): style.find(f".//{W}sz") for style in styles.iter(f"{W}style")}
    assert sizes["VerbatimChar"].get(f"{W}val") == "17"  # half points


def test_word_has_no_banner_where_there_is_none(project, tmp_path):
    text = (project / "manuscript.qmd").read_text(encoding="utf-8")
    (project / "manuscript.qmd").write_text(re.sub(r"^banner:.*\n", "", text, flags=re.M), encoding="utf-8")
    path = engine.render(project, tmp_path / "out", ["docx"], engine="embedded", date=DATE)["docx"]
    with zipfile.ZipFile(path) as parts:
        assert "".join(etree.fromstring(parts.read("word/header1.xml")).itertext()).strip() == ""


def test_jats_finds_its_images_where_the_results_have_them(project, tmp_path):
    (tmp_path / "figures").mkdir()
    shutil.copyfile(project / "figures/dose.svg", tmp_path / "figures/dose.svg")
    path = engine.render(project, tmp_path / "report", ["jats"], engine="embedded", date=DATE)["jats"]
    shown = etree.parse(path).xpath("//graphic/@*[local-name() = 'href']")
    assert shown == ["../figures/dose.svg", "figures/time.svg", "../figures/dose.svg"]
    assert all((path.parent / name).is_file() for name in shown)
    with zipfile.ZipFile(path.with_name("manuscript.jats.zip")) as parts:
        assert parts.namelist() == ["figures/dose.svg", "figures/time.svg", "manifest.xml", "manuscript.xml"]


def test_images_of_the_archive_are_packed_once_and_again_when_they_change(tmp_path):
    source, kept, xml = tmp_path / "s", tmp_path / "kept", tmp_path / "m.xml"
    (source / "figures").mkdir(parents=True)
    image = source / "figures" / "a.svg"

    def packed(said: str, drawn: str, *folder: Path) -> bytes:
        xml.write_text(f'<p>{said}<graphic xlink:href="figures/a.svg"/></p>', encoding="utf-8")
        image.write_text(drawn, encoding="utf-8")
        archive.pack(xml, source, tmp_path / "m.zip", *folder)
        return (tmp_path / "m.zip").read_bytes()

    for said, drawn in (("one", "<svg/>"), ("two", "<svg/>"), ("two", "<svg></svg>"), ("two", "<svg/>")):
        assert packed(said, drawn, kept) == packed(said, drawn)
        assert len([*kept.iterdir()]) == 1
        with zipfile.ZipFile(tmp_path / "m.zip") as parts:
            assert parts.testzip() is None and parts.read("figures/a.svg").decode() == drawn
            assert said in parts.read("manuscript.xml").decode()


def test_tables_in_html_say_what_heads_what(html):
    for table in html.iter("table"):
        assert "".join(table.find("caption").itertext()).startswith("Table")
        assert {cell.get("scope") for cell in table.iterfind("thead//th")} <= {"col", "colgroup"}
        assert all(row[0].tag == "th" and row[0].get("scope") == "row" for row in table.iterfind("tbody/tr"))


def test_pdf_has_embedded_fonts_its_date_and_landscape_pages(pdf):
    assert pdf.metadata.title == "Toy trial: remission in 36 of 40 participants"
    assert pdf.metadata.author == "Anna Example, Bo Sample"
    assert pdf.metadata["/CreationDate"].startswith("D:20260131")
    fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]
    assert {re.sub(r"^[A-Z]{6}\+|-.*$", "", font["/BaseFont"][1:]) for font in fonts} <= {
        "SourceSansPro",
        "LibertinusSerif",
        "NewCMMath",
        "DejaVuSansMono",
    }
    widths = [float(page.mediabox.width) for page in pdf.pages]
    assert max(widths) > 800 > min(widths)  # a landscape A4 page is 842 points wide
    header = "Participant Day Event"  # of a table that runs over two pages
    assert sum(header in squeezed(page.extract_text()) for page in pdf.pages) == 2


def test_jats_labels_its_captions_and_links_by_id(jats):
    assert [label.text.replace("\xa0", " ") for label in jats.iterfind(".//fig/label")] == [
        "Figure 1",
        "Figure 2",
        "Figure S1",
    ]
    assert len(jats.findall(".//table-wrap/label")) == 3
    ids = jats.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(jats.xpath("//xref/@rid")) <= set(ids)
    assert jats.xpath("//element-citation//pub-id[@pub-id-type='doi']/text()") == [
        "10.1093/biomet/26.4.404",
        "10.1080/01621459.1958.10501452",
    ]
    assert jats.xpath("//contrib[1]/name/surname/text()") == ["Example"]


def test_same_bytes_in_any_place_zone_and_language(made, tmp_path):
    source = shutil.copytree(FIXTURE, tmp_path / "elsewhere")
    call = "import sys; from pathlib import Path; from trialpress.report.engine import render;"
    call += f"render(Path(sys.argv[1]), Path(sys.argv[2]), engine='embedded', date='{DATE}')"
    strange = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
    environment = {**os.environ, **strange, "PYTHONPATH": str(ROOT / "workflow")}
    subprocess.run([sys.executable, "-c", call, source, tmp_path / "out"], env=environment, cwd=tmp_path, check=True)
    packed = made["jats"].with_name("manuscript.jats.zip")
    for fmt, path in {**made, "archive": packed}.items():
        other = (tmp_path / "out" / path.name).read_bytes()
        assert other == path.read_bytes(), fmt
        assert str(tmp_path).encode() not in other


def test_no_path_of_the_machine_is_in_any_file(made):
    for path in made.values():
        whole = path.read_bytes()
        if path.suffix == ".docx":
            with zipfile.ZipFile(path) as parts:
                whole = b"".join(map(parts.read, parts.namelist()))
        for place in (str(ROOT), str(path.parents[1]), str(Path.home()), ".trialpress"):
            assert place.encode() not in whole


def test_line_numbers_and_plain_sections_are_options(tmp_path):
    source = shutil.copytree(FIXTURE, tmp_path / "s")
    project = (source / "_quarto.yml").read_text().replace("line-numbers: false", "line-numbers: true")
    (source / "_quarto.yml").write_text(project.replace("number-sections: true", "number-sections: false"))
    path = engine.render(source, tmp_path, ["pdf"], engine="embedded", date=DATE)["pdf"]
    text = squeezed(pypdf.PdfReader(path).pages[0].extract_text())
    assert "“Methods”" in text and "1 Introduction" not in text
    assert re.search(r"\b3\b.*\b4\b.*\b5\b", text)


BROKEN = {
    "undefined variable": (
        "{{< var respnse.cr >}}",
        r"manuscript\.qmd:\d+: undefined variable 'respnse\.cr'[\s\S]*did you mean 'response\.cr'",
    ),
    "missing include": (
        "{{< include tables/respons.md >}}",
        r"manuscript\.qmd:\d+: included file 'tables/respons\.md'[\s\S]*'tables/response\.md'",
    ),
    "an include of itself": ("{{< include manuscript.qmd >}}", "includes itself"),
    "unknown shortcode": ("{{< vra study.n >}}", "unknown shortcode 'vra'"),
    "dangling reference": ("See @fig-none.", r"manuscript\.qmd:\d+: unresolved cross-reference: @fig-none"),
    "unknown citation": ("As said [@nobody].", r"manuscript\.qmd:\d+: citation @nobody is not in the bibliography"),
    "duplicate id": (
        '![Again.](figures/time.svg){#fig-time fig-alt="x"}',
        r"manuscript\.qmd:\d+: duplicate identifier: fig-time",
    ),
    "no alternative text": ("![A.](figures/time.svg){#fig-bare}", "no fig-alt: fig-bare"),
    "no caption": ("| a |\n|---|\n| 1 |\n\n:  {#tbl-bare}", "no caption: tbl-bare"),
    "missing figure": ('![A.](figures/none.svg){#fig-gone fig-alt="x"}', r"figures/none\.(svg|png)"),
}


@pytest.mark.parametrize("text, message", BROKEN.values(), ids=BROKEN)
def test_a_broken_document_says_where_and_leaves_the_output_as_it_was(tmp_path, text, message):
    source = shutil.copytree(FIXTURE, tmp_path / "s")
    with (source / "manuscript.qmd").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{text}\n")
    out = tmp_path / "out"
    out.mkdir()
    (out / "manuscript.html").write_text("before")
    with pytest.raises((InputError, engine.RenderError), match=message):
        engine.render(source, out, ["html", "docx"], engine="embedded", date=DATE)
    assert [path.name for path in out.iterdir()] == ["manuscript.html"]
    assert (out / "manuscript.html").read_text() == "before"


def test_all_problems_of_the_text_come_at_once(tmp_path):
    source = shutil.copytree(FIXTURE, tmp_path / "s")
    text = (source / "manuscript.qmd").read_text(encoding="utf-8").replace("study.name >}}: remission", "no.a >}}:", 1)
    (source / "manuscript.qmd").write_text(text, encoding="utf-8")
    (source / "_methods.md").write_text("One {{< var no.b >}}.\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        qmd.read(source)
    assert [problem.where for problem in caught.value.problems] == ["_methods.md:1", "manuscript.qmd:2"]


def test_variables_are_found_by_dots_and_keep_their_text(tmp_path):
    (tmp_path / "_variables.yml").write_text("a: {one: 1, yes: true, none: null, day: 2020-01-02, list: [x, y]}\n")
    names = ("one", "yes", "none", "day", "list.1")
    (tmp_path / "manuscript.qmd").write_text(", ".join(f"{{{{< var a.{name} >}}}}" for name in names))
    assert qmd.read(tmp_path).body == "1, true, , 2020-01-02, y\n"


def test_typst_failure_is_shown(tmp_path):
    source = shutil.copytree(FIXTURE, tmp_path / "s")
    with (source / "manuscript.qmd").open("a", encoding="utf-8") as file:
        file.write("\n```{=typst}\n#no-such-function()\n```\n")
    with pytest.raises(engine.RenderError, match="no-such-function"):
        engine.render(source, tmp_path, ["pdf"], engine="embedded", date=DATE)


def test_the_word_styles_are_those_of_their_script():
    kept = engine.ASSETS / "reference.docx"
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(io.BytesIO(make_reference.reference())) as new:
        assert {name: old.read(name) for name in old.namelist()} == {name: new.read(name) for name in new.namelist()}


def test_each_format_that_fails_is_named_and_only_html_was_moved_before(tmp_path):
    source = shutil.copytree(FIXTURE, tmp_path / "s")
    with (source / "manuscript.qmd").open("a", encoding="utf-8") as file:
        file.write("\n```{=typst}\n#no-such-function()\n```\n")
    with pytest.raises(engine.RenderError, match="pdf, by Typst: .*no-such-function"):
        engine.render(source, tmp_path / "out", engine="embedded", date=DATE)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["manuscript.html"]


def test_an_alternative_text_may_hold_any_sign(project, tmp_path):
    text = 'P <0.001 & "so" > 5'
    said = text.replace('"', '\\"')
    (project / "manuscript.qmd").write_text(f'![A.](figures/dose.svg){{#fig-a fig-alt="{said}"}}\n', encoding="utf-8")
    made = engine.render(project, tmp_path / "out", ["html", "pdf", "jats"], engine="embedded", date=DATE)
    assert etree.parse(made["jats"]).findtext(".//alt-text") == text
    assert etree.HTML(made["html"].read_text(encoding="utf-8")).xpath("//figure//img/@alt") == [text]


def test_the_authors_style_sheet_follows_ours(project, tmp_path):
    (project / "own.css").write_text("h1 { color: teal }")
    with (project / "_quarto.yml").open("a", encoding="utf-8") as file:
        file.write("css: own.css\n")
    text = engine.render(project, tmp_path, ["html"], engine="embedded", date=DATE)["html"].read_text(encoding="utf-8")
    assert 0 < text.index(".callout") < text.index("teal")


def test_where_no_quarto_is_found_the_message_says_how_to_get_it(without_quarto, project, tmp_path):
    with pytest.raises(engine.RenderError, match="no quarto on PATH") as caught:
        engine.render(project, tmp_path, ["html"], engine="quarto", date=DATE)
    assert "pip install quarto-cli" in str(caught.value)


def test_the_version_of_the_embedded_engine():
    assert re.fullmatch(r"Pandoc \d+\.\d+\S* with Typst \d+\.\d+", engine.engine_version("embedded"))


def test_unknown_names_are_refused(tmp_path):
    with pytest.raises(ValueError, match="epub"):
        engine.render(FIXTURE, tmp_path, ["epub"], date=DATE)
    with pytest.raises(ValueError, match="latex"):
        engine.engine_version("latex")
