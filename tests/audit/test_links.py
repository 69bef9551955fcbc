"""Every link of the manuscript and of the audit's page leads somewhere."""

from urllib.parse import unquote

import pytest
from audit.test_page import chromium, opened  # noqa: F401  fixtures
from lxml import html
from trialpress.audit.trace import find

pytestmark = pytest.mark.xdist_group("audit")


def test_every_link_of_the_manuscript_leads_somewhere(audited):
    page = audited.folder / "report" / "manuscript.html"
    tree = html.document_fromstring(page.read_bytes(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    ids, links = set(tree.xpath("//@id")), tree.xpath("//a/@href")
    lost = []
    for link in links:
        file, _, place = map(unquote, link.partition("#"))
        if file.endswith("audit/index.html") and place:
            find(audited.traced, place)  # KeyError: there is none
        elif not file and place not in ids:
            lost.append(link)
        elif file and not link.startswith(("http", "mailto:", "../figures/")):  # the figures are not drawn here
            lost += [] if (page.parent / file).exists() else [link]
    assert len(links) > 1000 and any("plan.alpha" in link for link in links)
    assert lost == []


def test_every_link_of_the_page_leads_somewhere(audited, opened):  # noqa: F811
    tab = opened(audited.folder / "audit" / "index.html")
    tab.evaluate("Object.keys(views).forEach((name) => views[name] && draw(name))")
    links = set(tab.eval_on_selector_all("a[href^='#']", "links => links.map((a) => a.getAttribute('href'))"))
    views = set(tab.evaluate("Object.keys(sections)"))
    assert len(links) > 60
    for link in links - {"#main"}:
        place = unquote(link[1:])
        if place.startswith("/"):
            assert place[1:].partition("?")[0] in views, link
        else:
            find(audited.traced, place)
