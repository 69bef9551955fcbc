"""The text of a Quarto document, as Pandoc wants it: includes read in, variables looked up, front matter merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from trialpress.errors import Problem, nearest, raise_if

SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(\w+)\s*(.*?)\s*>\}\}(?!\})")
ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")
YAML_KEYS = {"html": "html", "pdf": "typst", "docx": "docx", "jats": "jats"}
MONTHS = ("January", "February", "March", "April", "May", "June", "July")  # not the locale's
MONTHS += ("August", "September", "October", "November", "December")


class _Loader(yaml.SafeLoader):
    """YAML 1.2 as Quarto reads it: `yes` and `on` are words, and a date stays the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), "tTfF")


@dataclass(frozen=True)
class Line:
    """A line of the document and where it stands."""

    text: str
    file: str
    number: int

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class Document:
    """A document read from a project folder: the front matter (variables resolved), and the lines of the body."""

    meta: Mapping[str, Any]
    project: Mapping[str, Any]
    lines: tuple[Line, ...]
    head: tuple[Line, ...]

    @property
    def body(self) -> str:
        return "\n".join(line.text for line in self.lines) + "\n"

    def find(self, word: str) -> str:
        """file:line of the last line in which `word` (@key, #id, path) stands whole, or ''."""
        pattern = re.compile(rf"(?<![\w#@-]){re.escape(word)}(?![\w-])")
        return next((line.where for line in reversed(self.head + self.lines) if pattern.search(line.text)), "")


def load_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping, {} if there is no such file; InputError names file and line of a mistake."""
    return _mapping(path.read_text(encoding="utf-8"), path.name) if path.exists() else {}


def _mapping(text: str, name: str, offset: int = 0) -> dict[str, Any]:
    try:
        value = yaml.load(text, _Loader) or {}
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line + 1 + offset if error.problem_mark else offset
        raise_if([Problem(f"{name}:{at}", f"not valid YAML: {error.problem}")])
    if not isinstance(value, dict):
        raise_if([Problem(name, "must be a YAML mapping")])
    return value


def _lines(source: Path, path: Path, within: tuple[Path, ...], problems: list[Problem]) -> Iterator[Line]:
    """The lines of `path`, with included files in their place."""
    name = path.relative_to(source).as_posix()
    for number, text in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        code = SHORTCODE.fullmatch(text.strip())
        if code is None or code[1] != "include":
            yield Line(text, name, number)
            continue
        # Quarto reads a leading slash as the project's folder, anything else as beside the including file
        wanted = code[2].strip("'\"")
        inner = (source / wanted[1:] if wanted.startswith("/") else path.parent / wanted).resolve()
        if inner in within or inner == path:
            problems.append(Problem(f"{name}:{number}", f"'{wanted}' includes itself"))
        elif not inner.is_relative_to(source) or not inner.is_file():
            near = nearest(wanted, (p.relative_to(source).as_posix() for p in source.rglob("*.md")))
            problems.append(Problem(f"{name}:{number}", f"included file '{wanted}' does not exist", do=near))
        else:
            yield from _lines(source, inner, (*within, path), problems)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """a.b.c -> value, for every leaf of nested mappings and lists."""
    flat = {}
    for key, value in tree.items():
        if isinstance(value, list):
            value = dict(enumerate(value))
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            flat[f"{prefix}{key}"] = text.rstrip("\n")
    return flat


class _Shortcodes:
    """Resolves the shortcodes in a line; what cannot be resolved is collected in `problems`."""

    def __init__(self, variables: Mapping[str, str], problems: list[Problem]):
        self.variables, self.problems = variables, problems

    def __call__(self, text: str, where: str) -> str:
        table_row = text.lstrip().startswith("|")

        def resolve(code: re.Match) -> str:
            name, argument = code[1], code[2].strip("'\"")
            if name == "pagebreak":
                return "\n::: {.pagebreak}\n:::\n"
            if name != "var":
                self.problems.append(Problem(where, f"unknown shortcode '{name}'", do="known: var, include, pagebreak"))
            elif argument not in self.variables:
                what = f"undefined variable '{argument}'"
                self.problems.append(
                    Problem(where, what, "the text would have a gap", nearest(argument, self.variables))
                )
            else:
                value = self.variables[argument]
                return re.sub(r"(?<!\\)\|", r"\\|", value) if table_row else value
            return ""

        return ESCAPED.sub(r"\1", SHORTCODE.sub(resolve, text))

    def tree(self, value: Any) -> Any:
        """The same in every text of a YAML tree. Problems were reported by line before."""
        if isinstance(value, dict):
            return {key: self.tree(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        return self(value, "") if isinstance(value, str) else value


def read(source: Path) -> Document:
    """manuscript.qmd of a project folder with its includes, `_variables.yml` and `_quarto.yml`.

    Raises InputError with all undefined variables, unknown shortcodes and missing included files, by file and line.
    """
    source = source.resolve()
    problems: list[Problem] = []
    if not (source / "manuscript.qmd").is_file():
        raise_if([Problem("manuscript.qmd", "no such file in the project folder")])
    lines = list(_lines(source, source / "manuscript.qmd", (), problems))
    shortcodes = _Shortcodes(_flat(load_yaml(source / "_variables.yml")), problems)
    resolved = [Line(shortcodes(line.text, line.where), line.file, line.number) for line in lines]
    raise_if(problems)

    head: list[Line] = []
    if lines and lines[0].text.rstrip() == "---":
        end = next((i for i, line in enumerate(lines[1:], 1) if line.text.rstrip() in ("---", "...")), None)
        if end is None:
            raise_if([Problem("manuscript.qmd:1", "the front matter has no closing '---'")])
        head, resolved = lines[1:end], resolved[end + 1 :]
    meta = _mapping("\n".join(line.text for line in head), "manuscript.qmd", offset=1)
    project = load_yaml(source / "_quarto.yml")
    return Document(shortcodes.tree(meta), shortcodes.tree(project), tuple(resolved), tuple(head))


def _options(tree: Mapping[str, Any], key: str) -> dict[str, Any]:
    formats = tree.get("format", {})
    options = formats.get(key) if isinstance(formats, Mapping) else None
    return options if isinstance(options, dict) else {}


def metadata(document: Document, fmt: str, date: str) -> dict[str, Any]:
    """The metadata of one format: project, project's format, front matter, front matter's format, the last winning;
    authors and affiliations in the shape that Quarto gives its templates (`by-author`, `by-affiliation`)."""
    key = YAML_KEYS[fmt]
    meta: dict[str, Any] = {}
    for tree in (document.project, document.meta):
        meta |= {name: value for name, value in tree.items() if name not in ("format", "project")}
        meta |= _options(tree, key)
    written = str(meta.get("date", date))
    meta["date-iso"] = date if written in ("today", "now", "last-modified") else written
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", meta["date-iso"]):
        year, month, day = map(int, match.groups())
        meta["date"] = f"{day} {MONTHS[month - 1]} {year}"
        if fmt == "jats":
            meta["date"] = {"iso-8601": meta["date-iso"], "year": str(year), "month": str(month), "day": str(day)}
    return meta | _authors(meta, jats=fmt == "jats")


def _authors(meta: Mapping[str, Any], *, jats: bool) -> dict[str, Any]:
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
    authors, correspondence = [], []
    for author in listed(meta.get("author", meta.get("authors"))):
        author = author if isinstance(author, dict) else {"name": author}
        name = author.get("name", "")
        if isinstance(name, str):
            given, _, family = name.rpartition(" ")
            name = {"literal": name, "given": given, "family": family}
        name = {"literal": f"{name.get('given', '')} {name.get('family', '')}".strip()} | name
        numbers = [number(place) for place in listed(author.get("affiliations", author.get("affiliation")))]
        authors.append(
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
    result: dict[str, Any] = {"by-author": authors, "by-affiliation": by_affiliation}
    if correspondence:
        result["correspondence"] = "; ".join(correspondence)
    result["author"] = [author["name"]["literal"] for author in authors]
    if jats:
        result["author"] = [
            {
                "surname": author["name"].get("family", ""),
                "given-names": author["name"].get("given", ""),
                "email": author["email"],
                "orcid": author["orcid"],
                "affiliation": [place["number"] for place in author["affiliations"]],
            }
            for author in authors
        ]
        result["affiliation"] = [
            {"id": i, "organization": place.get("name", "")}
            | {k: v for k, v in place.items() if k in parts and k != "name"}
            for i, place in enumerate(places, start=1)
        ]
        result["tags"] = meta.get("keywords", [])
    return result
