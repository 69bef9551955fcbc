"""Write reference.docx, the styles of the Word edition, from Pandoc's own: `python make_reference.py`."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pypandoc
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

SANS, SERIF, MONO = "Arial", "Times New Roman", "Courier New"
INK, FAINT = RGBColor(0x1C, 0x1E, 0x21), RGBColor(0x5C, 0x63, 0x6B)
# style: (font, size in points, bold, colour, space before and after in points)
STYLES = {
    "Normal": (SERIF, 11, None, INK, 0, 6),
    "Body Text": (SERIF, 11, None, INK, 0, 7),
    "First Paragraph": (SERIF, 11, None, INK, 0, 7),
    "Compact": (SANS, 8.5, None, INK, 1.5, 1.5),
    "Title": (SANS, 20, True, INK, 6, 6),
    "Subtitle": (SANS, 13, False, FAINT, 0, 8),
    "Author": (SANS, 11, True, INK, 4, 4),
    "Affiliation": (SANS, 9, None, FAINT, 0, 2),
    "Date": (SANS, 9, False, FAINT, 4, 8),
    "Abstract Title": (SANS, 12, True, INK, 10, 3),
    "Abstract": (SERIF, 10.5, None, INK, 0, 4),
    "Heading 1": (SANS, 15, True, INK, 18, 6),
    "Heading 2": (SANS, 12.5, True, INK, 14, 4),
    "Heading 3": (SANS, 11, True, INK, 10, 3),
    "Caption": (SANS, 9, None, INK, 4, 4),
    "Table Caption": (SANS, 9, None, INK, 12, 4),
    "Image Caption": (SANS, 9, None, INK, 4, 12),
    "Captioned Figure": (SANS, 9, None, INK, 12, 2),
    "Bibliography": (SERIF, 10, None, INK, 0, 3),
    "Footnote Text": (SERIF, 9, None, INK, 0, 2),
    "Table Note": (SANS, 8, None, FAINT, 3, 12),
    "Banner": (SANS, 9.5, True, RGBColor(0x4D, 0x3A, 0x00), 0, 10),
    "Header Banner": (SANS, 7.5, True, RGBColor(0x7A, 0x4F, 0x00), 0, 0),
    "Source Code": (MONO, 9, None, INK, 0, 6),
    "Callout Title": (SANS, 10, True, INK, 10, 0),
    "Callout": (SERIF, 10.5, None, INK, 0, 4),
}
KEEP_WITH_NEXT = {"Table Caption", "Captioned Figure", "Callout Title", "Abstract Title"}
EDGES = {"Banner": ("E0C66C", "FFF3CD", ("top", "bottom")), "Callout": ("3B7DD8", "F7F8FA", ("left",))}
EDGES["Callout Title"] = EDGES["Callout"]
TABLE = """<w:style {ns} w:type="table" w:default="1" w:styleId="Table">
<w:name w:val="Table"/><w:semiHidden/><w:unhideWhenUsed/><w:qFormat/>
<w:tblPr><w:tblInd w:w="0" w:type="dxa"/>
<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="1C1E21"/>
<w:bottom w:val="single" w:sz="8" w:space="0" w:color="1C1E21"/></w:tblBorders>
<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="70" w:type="dxa"/>
<w:bottom w:w="0" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>
<w:trPr><w:cantSplit/></w:trPr>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>
<w:bottom w:val="single" w:sz="4" w:space="0" w:color="1C1E21"/></w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr>
</w:tblStylePr></w:style>"""


def reference() -> bytes:
    pandoc = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    document = Document(io.BytesIO(subprocess.run(pandoc, capture_output=True, check=True).stdout))
    styles = document.styles
    known = {style.name: style for style in styles}
    for name, (font, size, bold, colour, before, after) in STYLES.items():
        style = known.get(name) or styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{script}"), font)
        for spaced in fonts.getparent().findall(qn("w:spacing")):
            fonts.getparent().remove(spaced)
        style.font.size, style.font.bold, style.font.italic, style.font.color.rgb = Pt(size), bold, False, colour
        layout = style.paragraph_format
        layout.space_before, layout.space_after = Pt(before), Pt(after)
        layout.keep_with_next = True if name in KEEP_WITH_NEXT or name.startswith("Heading") else None
        layout.alignment = WD_ALIGN_PARAGRAPH.CENTER if "Banner" in name else WD_ALIGN_PARAGRAPH.LEFT
        if name in EDGES:
            colour, fill, sides = EDGES[name]
            width = 18 if sides == ("left",) else 6
            lines = "".join(f'<w:{s} w:val="single" w:sz="{width}" w:space="6" w:color="{colour}"/>' for s in sides)
            properties = style.element.get_or_add_pPr()
            spacing = properties.find(qn("w:spacing"))  # the schema wants borders and shading before it
            spacing.addprevious(parse_xml(f"<w:pBdr {nsdecls('w')}>{lines}</w:pBdr>"))
            spacing.addprevious(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{fill}"/>'))
    code = known["Verbatim Char"]
    code.font.name, code.font.size = MONO, Pt(8.5)
    table = next(style.element for style in styles if style.element.get(qn("w:styleId")) == "Table")
    table.getparent().replace(table, parse_xml(TABLE.format(ns=nsdecls("w"))))

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(23)
    section.top_margin = section.bottom_margin = Mm(25)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'))
    banner = section.header.paragraphs[0]  # the text of the paragraph of that style, on every page
    banner.style = styles["Header Banner"]
    field = '<w:fldSimple %s w:instr=" STYLEREF Banner "><w:r><w:t xml:space="preserve"> </w:t></w:r></w:fldSimple>'
    banner._p.append(parse_xml(field % nsdecls("w")))

    raw, packed = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name in parts.namelist():  # a fixed time, so that the same script writes the same bytes
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


if __name__ == "__main__":
    Path(__file__).with_name("reference.docx").write_bytes(reference())
