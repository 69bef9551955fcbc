"""Another language and another script: the default study in Chinese, with a font that it brings; the numbers stay as they are."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from trialpress import stages
from trialpress.checks.plan import load_plan
from trialpress.errors import InputError
from trialpress.figures import style
from trialpress.report import engine
from trialpress.study import load_study, load_yaml

ROOT = Path(__file__).parents[2]
NAME = "low-dose-cd19"
NOTO = Path("/usr/share/fonts/opentype/noto")
ANALYSES = ("os", "os_by_stratum", "cr_rr_evaluable", "cr_rr_infused", "baseline", "os_log_rank")
SHOWN = {"figures": ("os", "flow"), "tables": ("baseline",)}


@pytest.fixture(scope="module")
def noto(tmp_path_factory) -> Path:
    """A folder with the simplified Chinese of Noto Sans CJK, out of the collections that Debian has."""
    if not (NOTO / "NotoSansCJK-Regular.ttc").is_file():
        pytest.skip("there is no Noto Sans CJK (Debian: fonts-noto-cjk)")
    from fontTools.ttLib import TTCollection

    folder = tmp_path_factory.mktemp("noto")
    for weight in ("Regular", "Bold"):
        for font in TTCollection(NOTO / f"NotoSansCJK-{weight}.ttc").fonts:
            if font["name"].getDebugName(1) == "Noto Sans CJK SC":
                font.save(folder / f"NotoSansCJKsc-{weight}.otf")
    return folder


def house(to: Path, language: str, fonts: Path | None = None) -> Path:
    """The default study with a few of its analyses, figures and tables, in a language."""
    config, data = to / "config" / NAME, to / "data" / NAME
    config.mkdir(parents=True)
    data.mkdir(parents=True)
    for name in ("raw", "corrections.csv"):
        (data / name).symlink_to(ROOT / "data" / NAME / name)
    shutil.copy(ROOT / "config" / NAME / "study.yaml", config)
    plan = load_yaml(ROOT / "config" / NAME / "plan.yaml")
    plan |= {"analyses": {name: plan["analyses"][name] for name in ANALYSES}}
    plan |= {room: {name: plan[room][name] for name in names} for room, names in SHOWN.items()}
    labels = load_yaml(ROOT / "config" / NAME / "labels.zh.yaml")
    for room in ("analyses", "figures", "tables"):
        labels[room] = {name: text for name, text in labels[room].items() if name in plan[room]}
    if language != "en":
        plan["plan"]["language"] = language
    for name, content in (("plan", plan), ("labels.zh", labels)):
        (config / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    if fonts:
        shutil.copytree(fonts, to / "report" / NAME / "fonts")
    return to


def run(monkeypatch, folder: Path) -> Path:
    """The results of the house in `folder`, up to figures and tables."""
    monkeypatch.chdir(folder)
    sources, out = [f"config/{NAME}/study.yaml", f"config/{NAME}/plan.yaml"], Path("results")
    stages.clean(sources[0], Path(f"data/{NAME}/raw"), out)
    stages.cohort(*sources, out)
    stages.analysis(*sources, None, out)
    stages.tables(*sources, out)
    stages.figures(*sources, out)
    return folder / out


def drawn(folder: Path) -> list[str]:
    """What stands in the figures of a run, which the current folder holds."""
    from matplotlib.text import Text
    from trialpress.figures import draw
    from trialpress.results import read

    home = folder.parent / "config" / NAME
    results = read(home / "study.yaml", home / "plan.yaml", folder)
    return [
        " ".join(text.get_text() for text in draw(results, name).figure.findobj(Text)) for name in results.plan.figures
    ]


def numbers_of(text: str) -> list[str]:
    return sorted(re.findall(r"\d[\d.,]*", text))


def test_the_default_study_in_chinese(noto, tmp_path, monkeypatch):
    english = run(monkeypatch, house(tmp_path / "en", "en"))
    chinese = run(monkeypatch, house(tmp_path / "zh", "zh", noto))
    theirs, ours = (pd.read_csv(at / "analysis/ard.csv", dtype=str, keep_default_na=False) for at in (english, chinese))
    numbers = ["analysis", "population", "group", "level", "statistic", "value", "display", "n_population"]
    pd.testing.assert_frame_equal(theirs[numbers], ours[numbers])
    assert {"难治或复发", "MRD 阳性"} <= set(ours["level_label"]) | set(ours["group_label"])
    table = (chinese / "tables/baseline.csv").read_text("utf-8")
    assert "性别" in table and "难治或复发" in table and "R/R" not in table and "28 (66.7%)" in table
    assert (
        "总体 (n = 42)" not in table
        and "年龄, years" not in table
        and "中位数（四分位距）" in table
        and "合计" not in table
    )
    alt = json.loads((chinese / "figures/alt.json").read_text("utf-8"))
    assert "总生存：51 例中 17 例发生事件" in alt["os"] and "排除：2 评估前死亡" in alt["flow"]
    words = re.findall(r"[A-Za-z]{3,}", table + "".join(drawn(chinese)) + "".join(alt.values()))
    assert set(words) <= {
        "MRD",
        "median",
        "SMD",
        "IQR",
        "BCR",
        "ABL",
        "cells",
        "Kaplan",
        "Meier",
        "log",
        "rank",
        "characteristic",
        "section",
    }
    assert [numbers_of(text) for text in drawn(english)] == [numbers_of(text) for text in drawn(chinese)]
    for name in SHOWN["figures"]:
        numbers = [pd.read_csv(at / f"figures/{name}.csv").select_dtypes("number") for at in (english, chinese)]
        pd.testing.assert_frame_equal(*numbers)
        assert (chinese / f"figures/{name}.png").read_bytes() != (english / f"figures/{name}.png").read_bytes()
    again = {path.name: path.read_bytes() for path in (chinese / "figures").iterdir()}
    stages.figures(f"config/{NAME}/study.yaml", f"config/{NAME}/plan.yaml", Path("results"))
    assert {path.name: path.read_bytes() for path in (chinese / "figures").iterdir()} == again


def test_letters_are_measured_and_broken_as_they_are_drawn(noto):
    style.bring(sorted(map(str, noto.iterdir())))
    try:
        assert not style.unprintable("难治或复发 R/R ⁺")
        assert style.families() == [style.FAMILY, "Noto Sans CJK SC", style.FALLBACK]
        width = style.text_width("总生存总生存")
        assert width == pytest.approx(6 * style.TEXT / 72 * 25.4, rel=0.02), "a letter is as wide as it is high"
        assert style.wrap("总生存，总生存", width / 2) == "总生\n存，总\n生存"
        assert style.text_width("总生存总生存", weight="semibold") == pytest.approx(width, rel=0.02)
    finally:
        style.bring(())
    assert style.unprintable("难治 R/R") == "治难"


@pytest.mark.filterwarnings("ignore:Glyph")
def test_without_the_font_it_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"no font has '[^']+' of the label(.|\n)*put a font that has it"):
        run(monkeypatch, house(tmp_path / "zh", "zh"))


@pytest.mark.parametrize("by", ["embedded", "quarto"])
def test_html_and_pdf_hold_the_letters(noto, tmp_path, by):
    if by == "quarto" and not shutil.which("quarto"):
        pytest.skip("there is no quarto on PATH")
    (tmp_path / "text").mkdir()
    shutil.copytree(noto, tmp_path / "text" / "fonts")
    text = "---\ntitle: 总生存\nlang: zh-CN\nauthor: [{name: A. Reader}]\nabstract: 难治。\nkeywords: [复发]\n---\n\n# 引言 {#sec-a}\n\n难治或**复发**，见 @tbl-a 与 @sec-a。\n\n"
    text += "| 组 | n |\n|---|---|\n| 甲 | 1 |\n\n: 人数。 {#tbl-a}\n"
    (tmp_path / "text" / "manuscript.qmd").write_text(text, "utf-8")
    (tmp_path / "text" / "_quarto.yml").write_text("project: {type: default}\n")
    made = tmp_path / "made"
    made.mkdir()
    engine.render(tmp_path / "text", made, ["html", "pdf"], engine=by, date="2026-01-31")
    page = (made / "manuscript.html").read_text("utf-8")
    assert all(text in page for text in ('lang="zh-Hans"', "摘要", "表\xa01"))
    assert "2026 年 1 月 31 日" in page or by == "quarto"  # which prints no date that the text has not
    if by == "embedded":
        assert page.count("@font-face{font-family:Study;") == 2 and len(page) < 300_000, "of the font its letters alone"
    from pypdf import PdfReader

    pages = PdfReader(made / "manuscript.pdf").pages
    names = {str(font.get_object()["/BaseFont"]) for page in pages for font in page["/Resources"]["/Font"].values()}
    assert any("NotoSansCJKsc-Regular" in name for name in names)
    said = "".join(page.extract_text() for page in pages)
    missing = [
        text for text in ("难治或复发", "摘要", "关键词", "表 1", "小节") if text not in said.replace("\xa0", " ")
    ]
    assert not missing, said


def labels(tmp_path: Path, change) -> str:
    """What reading the default plan says with other labels."""
    for name in ("study", "plan"):
        shutil.copy(ROOT / "config" / NAME / f"{name}.yaml", tmp_path)
    plan = tmp_path / "plan.yaml"
    plan.write_text(plan.read_text("utf-8").replace("plan:\n", "plan:\n  language: zh\n", 1), "utf-8")
    texts = load_yaml(ROOT / "config" / NAME / "labels.zh.yaml")
    change(texts)
    (tmp_path / "labels.zh.yaml").write_text(yaml.safe_dump(texts, allow_unicode=True), "utf-8")
    try:
        load_plan(plan, load_study(tmp_path / "study.yaml"))
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "change, what",
    [
        (lambda texts: None, ""),
        (lambda texts: texts.update(analysis={}), "labels.zh.yaml, analysis: is no part of a plan that is printed"),
        (lambda texts: texts["analyses"].update(oss="x"), "analyses.oss: is not in the plan"),
        (lambda texts: texts["words"].update({"{#} of {#} with event": "{1} 例中 {0} 例"}), ""),
        (lambda texts: texts["words"].update({"Nausea": "恶心 {x}"}), "words.Nausea: is not translated by a text with as many {}"),
        (lambda texts: texts["words"].update({"{} of {}": "{}"}), "words.{} of {}: is not translated by a text with as many {}"),
        (lambda texts: texts["columns"].update(agee="x"), "columns.agee: is not a column of the subjects"),
        (lambda texts: texts["columns"].update(sex={"levels": {"X": "x"}}), "columns.sex.levels.X: is not among the codes"),
        (lambda texts: texts["analyses"].update(os={"at": [3]}), "analyses.os.at: decides on more than what is printed"),
        (lambda texts: texts["populations"]["infused"].update(condition="true"), "populations.infused.condition: decides on"),
        (lambda texts: texts["flow"]["rr_infused"]["reasons"].update(no="x"), "flow.rr_infused.reasons.no: is not in the plan"),
        (lambda texts: texts["figures"]["counts_by_visit"].update(titles=["x"]), "titles: has 1 texts, the plan 2"),
    ],
)  # fmt: skip
def test_labels_are_labels_and_name_what_there_is(tmp_path, change, what):
    said = labels(tmp_path, change)
    assert what in said and bool(what) == bool(said)


def test_a_plan_in_a_language_that_is_not_there(tmp_path):
    plan = load_yaml(ROOT / "config" / NAME / "plan.yaml")
    plan["plan"]["language"] = "fr"
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan, sort_keys=False), "utf-8")
    with pytest.raises(InputError, match="labels.fr.yaml: does not exist"):
        load_plan(tmp_path / "plan.yaml", load_study(ROOT / "config" / NAME / "study.yaml"))
