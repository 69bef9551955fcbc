"""The text of a Quarto document, as Pandoc wants it: includes read in, variables looked up, front matter merged."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import Problem, nearest, raise_if
from ..files import read_text
from ..study.files import measured
from .authors import authors

SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(\w+)\s*(.*?)\s*>\}\}(?!\})")
ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")
YAML_KEYS = {"html": "html", "pdf": "typst", "docx": "docx", "jats": "jats"}
KNOWN = ("meta", "env", "kbd", "video")  # standard shortcodes beside var, include and pagebreak
# what a journal's system asks for, where the author names no journal
JATS = {
    "journal": {"publisher-id": "unpublished", "title": "Unpublished manuscript", "publisher-name": "Not published"},
    "article": {"type": "research-article"},
}
_TEXTS = re.compile(r'(?:[^\\\x7f]++|\\[nt"\\/])*+')  # without escapes of signs that no text has
UNREAD = "nothing can be rendered from it"
MONTHS = ("January", "February", "March", "April", "May", "June", "July")  # not the locale's
MONTHS += ("August", "September", "October", "November", "December")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML 1.2 as Quarto reads it: `yes` and `on` are words, and a date stays the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), "tTfF")


def yaml_key(fmt: str) -> str:
    """The name under which metadata has a format's options: ours, or an extension's as it is."""
    return YAML_KEYS.get(fmt, fmt)


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
    raw: tuple[Line, ...] = ()  # all lines, includes in their place, before shortcodes were looked up
    keys: Mapping[tuple[str, ...], str] = field(default_factory=dict)  # of front matter and project -> file:line

    @property
    def body(self) -> str:
        return "\n".join(line.text for line in self.lines) + "\n"

    def find(self, word: str) -> str:
        """file:line of the last line in which `word` (@key, #id, path) stands whole, or ''."""
        pattern = re.compile(rf"(?<![\w#@-]){re.escape(word)}(?![\w-])")
        return next((line.where for line in reversed(self.head + self.lines) if pattern.search(line.text)), "")

    def holding(self, text: str) -> str:
        """file:line of the first line that has this text in it, or the manuscript."""
        return next((line.where for line in self.lines if text in line.text), "manuscript.qmd")


def load_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping, {} if there is no such file; InputError names file and line of a mistake."""
    return _mapping(read_text(path), path.name) if path.exists() else {}


def _mapping(text: str, name: str, offset: int = 0) -> dict[str, Any]:
    try:
        value = yaml.load(measured(text), _Loader) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = f"not valid YAML: {getattr(error, 'problem', None) or getattr(error, 'reason', None) or error}"
        raise_if([Problem(f"{name}:{(mark.line + 1 if mark else 0) + offset}", what, UNREAD, "mend this line")])
    if not isinstance(value, dict):
        raise_if([Problem(name, "must be a YAML mapping", UNREAD, "write key: value, one a line")])
    return value


def _variables(path: Path) -> dict[str, Any]:
    """A YAML mapping, which a run has written as JSON: of that a reader of YAML takes ten times as long."""
    text = read_text(path) if path.exists() else ""
    if text.startswith("{") and _TEXTS.fullmatch(text):
        try:
            return json.loads(text, parse_float=int, parse_constant=int)
        except (ValueError, RecursionError):  # a flow mapping of YAML, or numbers that it writes otherwise
            pass
    return load_yaml(path)


def _keys(text: str, name: str, offset: int = 0) -> dict[tuple[str, ...], str]:
    """Path of every key in a YAML text -> where it stands; the items of a list have no path of their own."""
    found: dict[tuple[str, ...], str] = {}

    def walk(node: yaml.Node | None, path: tuple[str, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, str(key.value))
                found.setdefault(inner, f"{name}:{key.start_mark.line + 1 + offset}")
                walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                walk(item, path)

    walk(yaml.compose(text, _Loader), ())
    return found


def _lines(source: Path, path: Path, within: tuple[Path, ...], problems: list[Problem]) -> Iterator[Line]:
    """The lines of `path`, with included files in their place."""
    name = path.relative_to(source).as_posix()
    for number, text in enumerate(read_text(path).splitlines(), start=1):
        code = SHORTCODE.fullmatch(text.strip())
        if code is None or code[1] != "include":
            yield Line(text, name, number)
            continue
        # Quarto reads a leading slash as the project's folder, anything else as beside the including file
        wanted = code[2].strip("'\"")
        inner = (source / wanted[1:] if wanted.startswith("/") else path.parent / wanted).resolve()
        if inner in within or inner == path:
            do = "take the include out"
            problems.append(
                Problem(f"{name}:{number}", f"'{wanted}' includes itself", "the text would have no end", do)
            )
        elif not inner.is_relative_to(source) or not inner.is_file():
            near = nearest(wanted, (p.relative_to(source).as_posix() for p in source.rglob("*.md")))
            what, why = (
                f"included file '{wanted}' does not exist in the manuscript's folder",
                "the text would have a gap",
            )
            problems.append(Problem(f"{name}:{number}", what, why, near))
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

    def __init__(self, variables: Mapping[str, str], problems: list[Problem], embedded: bool):
        self.variables, self.problems, self.embedded = variables, problems, embedded
        self.meta: dict[str, str] = {}  # filled when the front matter has been read

    def __call__(self, text: str, where: str) -> str:
        table_row = text.lstrip().startswith("|")

        def resolve(code: re.Match) -> str:
            name, argument = code[1], code[2].strip("'\"")
            if name == "pagebreak":
                return "\n::: {.pagebreak}\n:::\n"
            if name in KNOWN:
                return self.standard(name, code[2], where)
            if name != "var":
                if not self.embedded:
                    return code[0]  # of an extension
                do = f"known: {', '.join(('var', 'include', 'pagebreak', *KNOWN))}; those of extensions need Quarto"
                self.problems.append(Problem(where, f"unknown shortcode '{name}'", "the text would have a gap", do))
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

    def standard(self, name: str, arguments: str, where: str) -> str:
        """Quarto's own shortcodes that both engines know."""
        given = [
            word.strip("'\"")
            for word in re.findall(r"""[\w-]+="[^"]*"|[\w-]+='[^']*'|"[^"]*"|'[^']*'|\S+""", arguments)
        ]
        first = given[0] if given else ""
        match name:
            case "meta":
                key = first.replace("\\.", ".")
                if key not in self.meta:
                    do = nearest(key, self.meta)
                    self.problems.append(Problem(where, f"no '{key}' in the metadata", "the text would have a gap", do))
                return self.meta.get(key, "")
            case "env":
                if first not in os.environ and len(given) < 2:
                    do = f"write a default: {{{{< env {first} default >}}}}"
                    self.problems.append(
                        Problem(where, f"no environment variable '{first}'", "there would be a gap", do)
                    )
                return os.environ.get(first, given[1] if len(given) > 1 else "")
            case "kbd":
                return f"`{first}`{{.kbd}}"
        return f"<{first}>"  # a video: its address

    def tree(self, value: Any) -> Any:
        """The same in every text of a YAML tree. Problems were reported by line before."""
        if isinstance(value, dict):
            return {key: self.tree(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        return self(value, "") if isinstance(value, str) else value


def read(source: Path, *, embedded: bool = True) -> Document:
    """manuscript.qmd of a project folder with its includes, `_variables.yml` and `_quarto.yml`.

    Raises InputError with all undefined variables, unknown shortcodes and missing included files, by file and line.
    embedded: shortcodes that only Quarto may know are refused.
    """
    source = source.resolve()
    problems: list[Problem] = []
    if not (source / "manuscript.qmd").is_file():
        raise_if([Problem("manuscript.qmd", "no such file in the project folder", UNREAD, "write it there")])
    lines = list(_lines(source, source / "manuscript.qmd", (), problems))
    shortcodes = _Shortcodes(_flat(_variables(source / "_variables.yml")), problems, embedded)
    end = 0
    if lines and lines[0].text.rstrip() == "---":
        end = next((i for i, line in enumerate(lines[1:], 1) if line.text.rstrip() in ("---", "...")), 0)
        if not end:
            raise_if([Problem("manuscript.qmd:1", "the front matter has no closing '---'", UNREAD, "close it")])
    head = "\n".join(line.text for line in lines[1:end])
    meta, project = _mapping(head, "manuscript.qmd", offset=1), load_yaml(source / "_quarto.yml")
    shortcodes.meta = _flat(project) | _flat(meta)
    resolved = [Line(shortcodes(line.text, line.where), line.file, line.number) for line in lines]
    raise_if(problems)
    told = source / "_quarto.yml"
    keys = _keys(read_text(told), told.name) if told.exists() else {}
    keys |= _keys(head, "manuscript.qmd", offset=1)
    body = resolved[end + 1 :] if end else resolved
    front = tuple(lines[1:end])
    return Document(shortcodes.tree(meta), shortcodes.tree(project), tuple(body), front, tuple(lines), keys)


def options(tree: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What a tree of metadata says of one format."""
    formats = tree.get("format", {})
    options = formats.get(key) if isinstance(formats, Mapping) else None
    return options if isinstance(options, dict) else {}


def merged(document: Document, fmt: str) -> dict[str, Any]:
    """Project, project's format, front matter, front matter's format: the last wins."""
    meta: dict[str, Any] = {}
    for tree in (document.project, document.meta):
        meta |= {name: value for name, value in tree.items() if name not in ("format", "project")}
        meta |= options(tree, yaml_key(fmt))
    return meta


def date_of(meta: Mapping[str, Any], date: str) -> str:
    """The document's date; that of the inputs where it asks for a clock's."""
    written = str(meta.get("date", date))
    return date if written in ("today", "now", "last-modified") else written


def metadata(document: Document, fmt: str, date: str) -> dict[str, Any]:
    """The metadata of one format: project, project's format, front matter, front matter's format, the last winning;
    authors and affiliations in the shape that Quarto gives its templates (`by-author`, `by-affiliation`)."""
    meta = merged(document, fmt)
    meta["date-iso"] = date_of(meta, date)
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", meta["date-iso"]):
        year, month, day = map(int, match.groups())
        chinese = str(meta.get("lang", "")).startswith("zh")
        meta["date"] = f"{year} 年 {month} 月 {day} 日" if chinese else f"{day} {MONTHS[month - 1]} {year}"
        if fmt == "jats":
            meta["date"] = {"iso-8601": meta["date-iso"], "year": str(year), "month": str(month), "day": str(day)}
    if fmt == "jats":
        for name, unknown in JATS.items():
            meta[name] = unknown | (meta[name] if isinstance(meta.get(name), dict) else {})
    return meta | authors(meta, jats=fmt == "jats")
