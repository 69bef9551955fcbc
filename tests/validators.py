"""What independent tools say of an edition: each function gives the faults found, or skips the test where its tool is missing.

The tools are installed by .ci/run: vnu, axe-core and the tag sets' DTDs into .validators/, the rest as Debian packages.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path

import pypdf
import pytest
from lxml import etree

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".validators"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
XLINK = "{http://www.w3.org/1999/xlink}href"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# of Quarto's own frame, in which the light and the dark style sheet are one element each of the same name
FRAME = (
    r"Duplicate ID “quarto-(bootstrap|text-highlighting-styles)”|Attribute “append-hash” not allowed on element “link”"
)


def needed(*tools: str | Path) -> None:
    for tool in tools:
        there = tool.exists() if isinstance(tool, Path) else shutil.which(tool)
        if not there:
            pytest.skip(f"{tool.name if isinstance(tool, Path) else tool} is not installed: see .ci/run")


def found(name: str) -> Path:
    """A file below .validators/."""
    path = next(iter(sorted(TOOLS.rglob(name))), None)
    if path is None:
        pytest.skip(f"{name} is not in .validators/: see .ci/run")
    return path


def jats(path: Path) -> list[str]:
    """By the DTDs of Journal Publishing 1.1, of which 1.2 is an extension, and of Archiving 1.2; what journals ask besides."""
    said = []
    for name, version in (("JATS-journalpublishing1.dtd", "1.1"), ("JATS-archivearticle1-mathml3.dtd", "1.2")):
        files = [dtd for dtd in sorted(TOOLS.rglob(name)) if "1.0" not in dtd.parent.name]
        dtd = etree.DTD(str(files[0] if files else found(name)))
        tree = etree.parse(path)
        assert tree.getroot().get("dtd-version") == "1.2"
        tree.getroot().set("dtd-version", version)
        if not dtd.validate(tree):
            said += [f"{version}: {error.message}" for error in dtd.error_log.filter_from_errors()]
    tree = etree.parse(path)
    said += [
        f"{tag} is empty" for tag in ("journal-id", "issn", "journal-title") for node in tree.iter(tag) if not node.text
    ]
    said += [f"no {tag}" for tag in ("journal-id", "article-title", "abstract") if tree.find(f".//{tag}") is None]
    for graphic in [*tree.iter("graphic"), *tree.iter("inline-graphic")]:
        image = path.parent / graphic.get(XLINK)
        said += [f"image {graphic.get(XLINK)} points nowhere"] if not image.is_file() else []
        said += [f"no alt-text: {graphic.get(XLINK)}"] if not (graphic.findtext("alt-text") or "").strip() else []
    return said


def archive(path: Path) -> list[str]:
    """The archive of a JATS edition: whole, with what its manifest and its XML name, and nothing else."""
    with zipfile.ZipFile(path) as parts:
        assert parts.testzip() is None
        names = set(parts.namelist())
        manifest, xml = (etree.fromstring(parts.read(name)) for name in ("manifest.xml", "manuscript.xml"))
    listed = {node.get("href") for node in manifest.iter("{*}instance")}
    shown = {node.get(XLINK) for node in xml.iter("graphic", "inline-graphic")}
    said = [f"not in the archive: {name}" for name in sorted((listed | shown) - names)]
    return said + [f"not in the manifest: {name}" for name in sorted(names - listed - {"manifest.xml"})]


def html(path: Path, frame: bool = False) -> list[str]:
    """Errors of the Nu Html Checker; `frame`: without those of Quarto's own frame."""
    needed("java")
    command = ["java", "-jar", found("vnu.jar"), "--errors-only", "--exit-zero-always", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    return [line for line in errors if not (frame and re.search(FRAME, line))]


def accessibility(path: Path, hashes: tuple[str, ...] = ("",)) -> list[str]:
    """Serious and critical findings of axe-core, and pages wider than the window, at 1280 and (dark) at 380 px."""
    axe = found("axe.min.js").read_text(encoding="utf-8")
    needed(CHROMIUM)
    sync_api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright")
    said = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        for width, scheme in ((1280, "light"), (380, "dark")):
            view = {"width": width, "height": 900}
            tab = browser.new_context(viewport=view, color_scheme=scheme, bypass_csp=True).new_page()
            tab.goto(path.as_uri())
            tab.evaluate(axe)
            for hash in hashes:
                tab.evaluate("hash => { location.hash = hash; }", hash)
                tab.wait_for_timeout(200)
                where = f"{path.name}{hash} at {width} px, {scheme}"
                if (wide := tab.evaluate("document.documentElement.scrollWidth")) > width:
                    said.append(f"{where}: {wide} px wide")
                for fault in tab.evaluate("axe.run({resultTypes: ['violations'], elementRef: false})")["violations"]:
                    if fault["impact"] in ("serious", "critical"):
                        more = len(fault["nodes"]) - 1
                        said.append(f"{where}: {fault['id']}: {fault['nodes'][0]['target']} and {more} more")
            tab.context.close()
        browser.close()
    return said


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", text))


def word(path: Path, scratch: Path) -> list[str]:
    """Opened by python-docx; converted by LibreOffice every word is still there."""
    import docx

    body = docx.Document(str(path)).element.body
    text = "".join(node.text or "" if node.tag == f"{W}t" else "\n" for node in body.iter(f"{W}t", f"{W}p", f"{W}tab"))
    needed("soffice")
    home = f"-env:UserInstallation={(scratch / 'home').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", scratch, path]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    converted = (scratch / path.with_suffix(".txt").name).read_text(encoding="utf-8-sig")
    return [f"lost by LibreOffice: {lost}" for lost in (words(text) - words(converted))]


def pdf(path: Path) -> list[str]:
    """By qpdf; marked as PDF/A-2a and PDF/UA-1, with structure, language, title and the figures' alternative texts."""
    needed("qpdf")
    done = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    said = [] if done.returncode == 0 else [done.stdout + done.stderr]
    reader = pypdf.PdfReader(path)
    root = reader.trailer["/Root"]
    marks = root["/Metadata"].get_object().get_data().decode("utf-8")
    for mark in ("pdfaid:part>2<", "pdfaid:conformance>A<", "pdfuaid:part>1<"):
        said += [] if mark in marks else [f"not marked {mark}"]
    said += (
        []
        if root["/MarkInfo"]["/Marked"] and root["/Lang"] and reader.metadata.title
        else ["no mark, language or title"]
    )
    said += [] if root["/ViewerPreferences"]["/DisplayDocTitle"] else ["the window does not show the title"]
    kinds: Counter[str] = Counter()

    def walk(node: object) -> None:
        if isinstance(node, pypdf.generic.IndirectObject):
            node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            kinds[node.get("/S", "")] += 1
            if node.get("/S") in ("/Figure", "/Formula") and not node.get("/Alt"):
                said.append(f"a {node['/S'][1:].lower()} without an alternative text")
            walk(node.get("/K", []))

    walk(root["/StructTreeRoot"]["/K"])
    return said + [f"no {kind[1:]} in the structure" for kind in ("/H1", "/P") if not kinds[kind]]


def boxes(pdf: Path) -> list[list[tuple[float, float, float, float, str]]]:
    """By page, the words with their boxes (left, top, right, bottom) in points."""
    needed("pdftotext")
    text = subprocess.run(["pdftotext", "-bbox", pdf, "-"], check=True, capture_output=True, text=True).stdout
    pattern = re.compile(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>')
    return [
        [(*map(float, found[:4]), found[4]) for found in pattern.findall(page)] for page in text.split("<page ")[1:]
    ]


def overlaps(words: list[tuple[float, float, float, float, str]]) -> list[str]:
    """Pairs of words whose boxes share more than a hair; a box is as high as its line, so only its middle counts."""
    inner = [(left, top + 0.3 * (low - top), right, low - 0.3 * (low - top), word) if right - left > low - top or len(word) == 1 else (left + 0.3 * (right - left), top, right - 0.3 * (right - left), low, word)
             for left, top, right, low, word in words]  # fmt: skip
    inner.sort()
    said = []
    for at, one in enumerate(inner):
        for other in inner[at + 1 :]:
            if other[0] > one[2] - 0.4:
                break
            if min(one[3], other[3]) - max(one[1], other[1]) > 0.4:
                said.append(f"{one[4]} / {other[4]}")
    return said


def gaps(path: Path, scratch: Path) -> list[float]:
    """Per page of a PDF the largest part of its height without ink, as a fraction of the text's height."""
    needed("pdftoppm")
    import numpy as np
    from PIL import Image

    subprocess.run(["pdftoppm", "-r", "20", "-gray", "-png", path, scratch / "page"], check=True)
    pages = []
    for picture in sorted(scratch.glob("page-*.png")):
        image = np.array(Image.open(picture).convert("L"))
        lines = image[int(len(image) * 0.09) : int(len(image) * 0.915)].min(axis=1) < 230
        ink = np.flatnonzero([True, *lines, True])
        pages.append((np.diff(ink).max() - 1) / len(lines))
    return pages


def svg(path: Path) -> list[str]:
    """Strictly parsed; nothing is fetched and nothing runs."""
    root = etree.parse(path, etree.XMLParser(recover=False, resolve_entities=False, no_network=True)).getroot()
    said = (
        [] if root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("viewBox") else ["not an SVG with a viewBox"]
    )
    links = [node.get(XLINK) or node.get("href") or "" for node in root.iter("{*}image", "{*}use", "{*}a")]
    said += [f"leads outside: {link[:40]}" for link in links if link and not link.startswith(("#", "data:"))]
    ids = Counter(root.xpath("//@id"))
    return (
        said
        + [f"id twice: {name}" for name, times in ids.items() if times > 1]
        + ["runs" for _ in root.iter("{*}script")]
    )


def table(path: Path) -> list[str]:
    """A CSV strictly parsed: UTF-8, one header without doubles, every row of its length."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""), strict=True))
    said = [f"{name}: twice in the header" for name, times in Counter(rows[0]).items() if times > 1]
    return said + [f"row {at} has {len(row)} fields" for at, row in enumerate(rows[1:], 2) if len(row) != len(rows[0])]
