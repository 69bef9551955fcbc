"""Records from a REDCap server: a small one of the tests' own, which answers as REDCap's API does."""

from __future__ import annotations

import csv
import io
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from trialpress.__main__ import main
from trialpress.draft import server
from trialpress.errors import InputError

sys.path.insert(0, str(Path(__file__).parent))
from test_metadata import DICTIONARY, EXPORT

pytest.importorskip("redcap", reason="PyCap is not in this environment yet: make sets it up")
SECRET = "0123456789ABCDEF0123456789ABCDEF"
API = ("field_name,form_name,section_header,field_type,field_label,select_choices_or_calculations,field_note,"
       "text_validation_type_or_show_slider_number,text_validation_min,text_validation_max,identifier,branching_logic,"
       "required_field,custom_alignment,question_number,matrix_group_name,matrix_ranking,field_annotation\n")  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """POST /api/: token, content, format. Errors are texts with the status 403, as REDCap has them."""

    answers = {"record": EXPORT.replace(",AB,", ",Zoë,"), "metadata": API + DICTIONARY.partition("\n")[2],
               "project": 'project_title,project_pi_lastname,missing_data_codes\nMade,Miller,"-999, Not asked | NI, No information"\n'}  # fmt: skip

    def do_POST(self):
        form = {
            key: values[0]
            for key, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        if form.get("token") != SECRET:
            return self.refused(form, 403, "You do not have permissions to use the API")
        content = self.answers.get(form.get("content", ""))
        if content is None:
            return self.refused(form, 400, "The value of the parameter content is not valid")
        rows = csv.DictReader(io.StringIO(content))
        whole = next(rows) if form["content"] == "project" else list(rows)
        return self.said(200, json.dumps(whole) if form["format"] == "json" else content)

    def refused(self, form: dict, status: int, text: str):
        self.said(status, json.dumps({"error": text}) if form.get("format") == "json" else f"ERROR: {text}")

    def said(self, status: int, text: str):
        self.send_response(status)
        self.send_header("Content-Type", "text/csv")  # no word on the encoding
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def url(monkeypatch):
    monkeypatch.setenv("REDCAP_TOKEN", SECRET)
    monkeypatch.setenv("NO_PROXY", "*")
    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{web.server_port}/api/"
    web.shutdown()


def test_the_records_and_the_dictionary_are_fetched_and_drafted(url, tmp_path, capsys):
    assert main(["fetch", "made", "--redcap", url, "--directory", str(tmp_path)]) == 0
    assert (tmp_path / "data/made/raw/records.csv").read_text(encoding="utf-8") == Handler.answers["record"]
    assert main(["new", "made", "--directory", str(tmp_path), "--draft-only"]) == 0
    said = capsys.readouterr().out
    assert "missing_codes.csv: settings of a REDCap project, 2 missing data codes" in said
    assert "dictionary.csv: a REDCap dictionary, 13 variables" in said and "records.csv -> intake: 12 of 36" in said
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET not in written + said and "Miller" not in written + said
    assert 'missing: {"-999": Not asked, NI: No information}  # certain' in written


def test_other_records_that_lie_there_are_kept(url, tmp_path):
    server.fetch(url, "made", tmp_path)
    records = tmp_path / "data/made/raw/records.csv"
    records.write_text("record_id\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="differs from what the server has"):
        server.fetch(url, "made", tmp_path)
    assert records.read_text(encoding="utf-8") == "record_id\n1\n"


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        ("", "REDCAP_TOKEN is not set"),
        ("swordfish", "it has not 32 hexadecimal digits"),
        ("F" * 32, "You do not have permissions to use the API"),
    ],
)
def test_without_the_right_token_nothing_is_fetched_and_none_is_shown(url, tmp_path, monkeypatch, secret, what):
    monkeypatch.setenv("REDCAP_TOKEN", secret)
    with pytest.raises(InputError, match=what) as stopped:
        server.fetch(url, "made", tmp_path)
    assert not secret or secret not in str(stopped.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    ["http://redcap.example.org/api/", "https://redcap.example.org/", "https://me:secret@redcap.example.org/api/"],
)
def test_an_address_that_is_none_is_refused(url, tmp_path, wrong):
    with pytest.raises(InputError, match="is no https address|is not the address of a REDCap API"):
        server.fetch(wrong, "made", tmp_path)


def test_a_server_that_is_not_there(url, tmp_path):
    with pytest.raises(InputError, match="refused, or could not be reached"):
        server.fetch("http://127.0.0.1:9/api/", "made", tmp_path)
