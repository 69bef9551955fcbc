"""`make licences`: every installed package with its licence, and nothing that no lock file lets in."""

import doctest
import json

from trialpress import licences


def test_examples():
    assert doctest.testmod(licences).failed == 0


def test_what_is_installed_is_listed_with_the_hashes_of_the_lock(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["licences"])
    assert licences.main(str(tmp_path)) == 0
    bill = json.loads((tmp_path / "sbom.cdx.json").read_text())
    found = {entry["name"]: entry for entry in bill["components"]}
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert (
        found["pandas"]["licenses"] == [{"license": {"name": "BSD License"}}]
        or "expression" in found["pandas"]["licenses"][0]
    )
    assert len(found["pandas"]["properties"]) > 10  # a hash for each platform
    assert f"| pandas | {found['pandas']['version']} |" in (tmp_path / "licences.md").read_text()


def test_what_no_lock_lets_in_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(licences, "LOCKS", licences.LOCKS[1:])
    assert licences.main(str(tmp_path)) == 1
    assert "pandas" in capsys.readouterr().err
