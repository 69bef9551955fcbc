"""`trialpress fetch STUDY --redcap URL`: the records and the dictionary of a REDCap project, by PyCap. The token comes from the
environment (REDCAP_TOKEN) and stands in no file, log or message."""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import InputError, Problem, raise_if
from ..files import write_text
from .redcap import MISSING

TOKEN = "REDCAP_TOKEN"
WHERE = "the REDCap server"
NOT_FETCHED = "the records were not fetched"


def token() -> str:
    """The project's token; InputError, which does not show it, if there is none."""
    given = os.environ.get(TOKEN, "")
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", given):
        what = f"{TOKEN} is not set" if not given else f"{TOKEN} is no token: it has not 32 hexadecimal digits"
        do = f"put the API token of the project into the environment: export {TOKEN}=...; never into a file"
        raise InputError([Problem("the environment", what, NOT_FETCHED, do)])
    return given


def address(url: str) -> str:
    """The address of the API; InputError if it is none, or would send the token over an open line."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise InputError(
            [
                Problem(
                    url,
                    "is no https address",
                    "whoever listens would read the token and the records",
                    "use https://.../api/",
                )
            ]
        )
    if parts.username or parts.query or not parts.path.rstrip("/").endswith("/api"):
        raise InputError(
            [
                Problem(
                    url,
                    "is not the address of a REDCap API",
                    NOT_FETCHED,
                    "it ends with /api/, as https://redcap.example.org/api/",
                )
            ]
        )
    return url.rstrip("/") + "/"


def exported(url: str) -> dict[str, str]:
    """Name of a file -> its text: the records as they are stored (raw codes), the data dictionary, the missing data codes."""
    import redcap
    from requests.exceptions import RequestException

    secret = token()

    def utf8(response, *_args, **_kwargs):
        response.encoding = "utf-8"  # REDCap writes nothing else; without a word on it Latin-1 would be taken

    try:
        project = redcap.Project(address(url), secret, hooks={"response": utf8}, timeout=300)
        texts = {
            "records.csv": project.export_records(
                format_type="csv", export_data_access_groups=True, event_name="unique"
            ),
            "dictionary.csv": project.export_metadata(format_type="csv"),
        }
        settings = project.export_project_info(format_type="json")
    except RequestException as error:
        said = " ".join(str(error).replace(secret, "...").split())[:300]
        do = "look at the address, at the token's rights (export, full data set), and whether the server can be reached"
        raise InputError([Problem(WHERE, f"refused, or could not be reached: {said}", NOT_FETCHED, do)]) from None
    for name, text in texts.items():
        if not isinstance(text, str) or "\n" not in text.strip() or text.lstrip().startswith("<"):
            raise InputError(
                [
                    Problem(
                        WHERE,
                        f"gave no table as {name}",
                        NOT_FETCHED,
                        "look at the address in a browser, and at the token's rights",
                    )
                ]
            )
    if codes := (settings or {}).get(MISSING):  # of the settings these alone: the others name people
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows([[MISSING], [codes]])
        texts["missing_codes.csv"] = written.getvalue()
    return texts


def fetch(url: str, study: str, home: Path) -> list[Path]:
    """Write the export below data/STUDY; InputError, and nothing is written, if other records lie there already."""
    from .new import KEPT, sums

    texts = exported(url)
    data = home / "data" / study
    wanted = {data / ("raw" if name == "records.csv" else "metadata") / name: text for name, text in texts.items()}
    raise_if(
        Problem(
            str(path),
            "is there already, and differs from what the server has",
            KEPT,
            "move it away: it is an earlier export",
        )
        for path, text in wanted.items()
        if path.exists() and path.read_bytes() != text.encode()
    )
    for path, text in wanted.items():
        write_text(text, path)
    write_text(sums(data / "raw"), data / "raw" / "SHA256SUMS")
    return list(wanted)
