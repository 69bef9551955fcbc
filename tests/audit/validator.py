"""The official validator of RO-Crate (roc-validator) without a network: it is given the standard's context from a fixture.

python tests/audit/validator.py crate.zip [profile ...]: the issues of severity REQUIRED and RECOMMENDED.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

CONTEXT = Path(__file__).resolve().parents[1] / "fixtures" / "ro-crate" / "1.1.jsonld"
ADDRESS = "w3id.org/ro/crate/1.1"
PROFILES = (
    "ro-crate-1.1",
    "process-run-crate-0.5",
    "workflow-run-crate-0.5",
    "provenance-run-crate-0.5",
    "workflow-ro-crate-1.0",
)


def _send(session, request, **kwargs):
    import requests

    if ADDRESS not in request.url:
        raise requests.ConnectionError(f"no network in a test: {request.url}")
    answer = requests.Response()
    answer.status_code, answer._content, answer.url, answer.request = 200, CONTEXT.read_bytes(), request.url, request
    answer.headers["Content-Type"] = "application/ld+json"
    return answer


def issues(crate: Path, profile: str) -> list[tuple[str, str, str]]:
    """(severity, message, entity) of every issue that the validator finds with a profile and those that it builds on."""
    from rdflib.plugins.shared.jsonld import context
    from rocrate_validator import models, services

    read = context.source_to_json
    copy = Path(tempfile.mkdtemp()) / "crate"  # it takes a path with a space for no address
    copy = copy if crate.is_dir() else copy.with_suffix(".zip")

    def local(source, *args, **kwargs):
        if ADDRESS in str(getattr(source, "url", source)):
            return json.loads(CONTEXT.read_text(encoding="utf-8")), None
        return read(source, *args, **kwargs)

    settings = services.ValidationSettings(
        rocrate_uri=str(copy),
        profile_identifier=profile,
        requirement_severity=models.Severity.RECOMMENDED,
        abort_on_first=False,
    )
    with ExitStack() as stack:
        (shutil.copytree if crate.is_dir() else shutil.copyfile)(crate, copy)
        stack.callback(shutil.rmtree, copy.parent)
        stack.enter_context(patch.object(context, "source_to_json", local))
        for session in ("requests.Session.send", "requests_cache.CachedSession.send"):
            stack.enter_context(patch(session, _send))
        found = services.validate(settings).get_issues()
    return sorted((issue.severity.name, issue.message, str(issue.violatingEntity)) for issue in found)


if __name__ == "__main__":
    for name in sys.argv[2:] or PROFILES:
        found = issues(Path(sys.argv[1]), name)
        print(name, len(found), *found, sep="\n  ")
