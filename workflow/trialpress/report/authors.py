"""Authors and affiliations as Quarto gives them to its templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# a name that is of several people: the last word is of such, or is written small, as no family's alone is
GROUP = re.compile(
    r"\s(Group|Investigators|Collaborators|Collaboration|Consortium|Committee|Network|Team|Authors|[a-z]\w*)$"
)


def authors(meta: Mapping[str, Any], *, jats: bool) -> dict[str, Any]:
    known = {str(item.get("id")): item for item in meta.get("affiliations", []) if isinstance(item, dict)}
    places: list[dict[str, Any]] = []

    def number(place: Any) -> int:
        if isinstance(place, str):
            place = known.get(place, {"name": place})
        elif "ref" in place:
            place = known.get(str(place["ref"]), {"name": str(place["ref"])})
        if place not in places:
            places.append(place)
        return places.index(place) + 1

    listed = lambda value: value if isinstance(value, list) else [] if value is None else [value]  # noqa: E731
    people, correspondence = [], []
    for author in listed(meta.get("author", meta.get("authors"))):
        author = author if isinstance(author, dict) else {"name": author}
        name = author.get("name", "")
        if isinstance(name, str):
            given, _, family = ("", "", "") if GROUP.search(name) else name.rpartition(" ")
            name = {"literal": name, "given": given, "family": family}
        name = {"literal": f"{name.get('given', '')} {name.get('family', '')}".strip()} | name
        numbers = [number(place) for place in listed(author.get("affiliations", author.get("affiliation")))]
        people.append(
            {
                "name": name,
                "affiliations": [{"number": n} for n in numbers],
                "mark": f"^{','.join(map(str, numbers))}^" if numbers else "",
                "email": author.get("email", ""),
                "orcid": author.get("orcid", ""),
            }
        )
        if author.get("corresponding") and author.get("email"):
            correspondence.append(f"{name['literal']}, {author['email']}")
    parts = ("department", "name", "city", "region", "country")
    by_affiliation = [
        {"number": i, "mark": f"^{i}^", "line": ", ".join(str(place[part]) for part in parts if place.get(part))}
        for i, place in enumerate(places, start=1)
    ]
    result: dict[str, Any] = {"by-author": people, "by-affiliation": by_affiliation}
    if correspondence:
        result["correspondence"] = "; ".join(correspondence)
    result["author"] = [author["name"]["literal"] for author in people]
    if jats:
        result["author"] = [
            {
                "surname": author["name"].get(
                    "family", ""
                ),  # of a group none: Pandoc has its whole name as <string-name>
                "given-names": author["name"].get("given", ""),
                "name": author["name"]["literal"],
                "email": author["email"],
                "orcid": author["orcid"],
                "affiliation": [place["number"] for place in author["affiliations"]],
            }
            for author in people
        ]
        result["affiliation"] = [
            {"id": i, "organization": place.get("name", "")}
            | {k: v for k, v in place.items() if k in parts and k != "name"}
            for i, place in enumerate(places, start=1)
        ]
        result["tags"] = meta.get("keywords", [])
    return result
