"""A comparison as a page and as a paragraph for a letter. The page holds no script; the paragraph names no participant."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .causes import ORDER
from .figures import Pair, embedded

STYLES = Path(__file__).parents[1] / "report" / "assets" / "styles.css"
OWN = """body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } table { width: 100%; } td, th { vertical-align: top; }
td ul { margin: 0; padding-left: 1.1rem; } .trio { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
.trio img { max-width: 100%; border: 1px solid #ccc; } .kind { color: #555; } del { color: #8a1c1c; } ins { color: #14532d; text-decoration: none; font-weight: 600; }
.scroll { overflow-x: auto; }
"""
KINDS = {
    "left": "participants who are not counted any more", "entered": "participants who are counted now",
    "row": "rows that came or went", "cell": "raw cells", "correction": "signed-off corrections",
    "dictionary": "cells read by another rule", "plan": "entries of the analysis plan", "file": "input files",
    "software": "versions of software", "code": "the code", "unknown": "a cause that is not known",
}  # fmt: skip
SHOWN = 12  # causes of a number that are listed
PLACES = 4


def _several(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def letter(found) -> str:
    """The paragraph: how many numbers moved, the largest changes, and what changed, by kind."""
    printed = [one for one in found.moved if one.printed]
    text = f"Of {_several(found.n, 'number')} {len(printed):,} {'is' if len(printed) == 1 else 'are'} printed otherwise"
    text += f" in {found.b.name} than in {found.a.name}."
    named = [one for one in printed if one.places] or printed
    if named:
        largest = "; ".join(
            f"{one.label}, {one.statistic.replace('_', ' ')}: {one.shown[0] or 'not there'} before, {one.shown[1] or 'not there'} now"
            for one in named[:5]
        )
        text += f" The largest changes: {largest}."
    causes = Counter(cause.kind for cause in {cause for one in found.moved for cause in one.causes})
    if causes:
        said = ", ".join(f"{KINDS[kind]} ({causes[kind]:,})" for kind in ORDER if causes[kind])
        text += f" What changed: {said}."
    if found.still:
        text += f" {_several(len(found.still), 'result')} rest on something that changed and did not move."
    if not found.traced:
        text += " Causes are known by file only, as one of both holds no trace."
    return text + "\n"


def _listed(items: Iterable[str], most: int) -> str:
    items = list(items)
    more = [f"and {len(items) - most:,} more"] if len(items) > most else []
    return "<ul>" + "".join(f"<li>{item}</li>" for item in [*items[:most], *more]) + "</ul>" if items else ""


def _causes(causes) -> str:
    return _listed((f'<span class="kind">{cause.kind}</span> {html.escape(str(cause))}' for cause in causes), SHOWN)


def _rows(moved) -> str:
    return "\n".join(
        f'<tr id="{html.escape(f"{one.id}.{one.statistic}")}"><th scope="row">{html.escape(one.label)}<br><span class="kind">'
        f"{html.escape(f'{one.id}.{one.statistic}')}</span></th><td><del>{html.escape(one.shown[0]) or 'not there'}</del></td>"
        f"<td><ins>{html.escape(one.shown[1]) or 'not there'}</ins></td>"
        f"<td>{_listed((f'<span class=kind>{place.kind}</span> {html.escape(place.where)}' for place in one.places), PLACES) or 'not in the manuscript'}</td>"
        f"<td>{_causes(one.causes)}</td></tr>"
        for one in moved
    )


def _figure(pair: Pair) -> str:
    shown = (
        ("before", pair.before, pair.made[0]),
        ("after", pair.after, pair.made[1]),
        ("difference", pair.difference, all(pair.made)),
    )
    cells = "".join(
        f'<figure><figcaption>{what}</figcaption><img alt="{html.escape(pair.name)}, {what}" src="{embedded(png)}"></figure>'
        if png
        else f"<figure><figcaption>{what}</figcaption>{'not kept, only its hash' if made and what != 'difference' else 'not there'}</figure>"
        for what, png, made in shown
    )
    return f'<h3>{html.escape(pair.name)}</h3><div class="trio">{cells}</div>'


def render(found, figures: list[Pair]) -> str:
    """The whole page."""
    style = STYLES.read_text(encoding="utf-8") + OWN
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("Number", "Before", "After", "Where it is printed", "Why")
    )
    moved = (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>\n{_rows(found.moved)}\n</tbody></table></div>'
        if found.moved
        else "<p>No number moved.</p>"
    )
    still = _listed((f"{html.escape(label)}{_causes(causes)}" for label, causes in found.still), len(found.still))
    title = html.escape(f"What changed: {found.a.name} to {found.b.name}")
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}"><title>{title}</title>
<style>{style}</style></head><body><main>
<h1>{title}</h1>
<p>{html.escape(letter(found))}</p>
<h2>Numbers that moved</h2>
{moved}
<h2>Expected to move, and did not</h2>
{still or "<p>None.</p>"}
<h2>Figures</h2>
{"".join(map(_figure, figures)) or "<p>No figure differs.</p>"}
</main></body></html>
"""
