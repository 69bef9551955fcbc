"""The licences of every installed package, and a software bill of materials (CycloneDX 1.6): `make licences`.

The hashes are those of envs/requirements.lock, the only ones that the set-up lets in; nothing has a clock or a path in it.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from .files import write_text

LOCKS = (Path("envs/requirements.lock"), Path("envs/bootstrap.lock"))
UNKNOWN = "not stated"
LONG = 60  # characters: what is longer is the licence's text, not its name


def name_of(found: Distribution) -> str:
    return re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()


def licence(found: Distribution) -> str:
    """What the package's metadata state: the SPDX expression, else the classifiers, else the field.

    >>> from importlib.metadata import distribution
    >>> licence(distribution("numpy")) != UNKNOWN
    True
    """
    told = found.metadata
    if expression := told.get("License-Expression"):
        return expression
    said = [entry.rpartition(" :: ")[2] for entry in told.get_all("Classifier") or () if entry.startswith("License ::")]
    said = [entry for entry in said if entry != "OSI Approved"]
    if said:
        return " or ".join(sorted(set(said)))
    field = (told.get("License") or "").strip().splitlines()
    if field and len(field[0]) <= LONG:
        return field[0]
    texts = (found.read_text(file.name) or file.read_text() for file in found.files or () if file.match("LICEN[CS]E*"))
    heads = (text.strip().splitlines()[0].strip() for text in texts if text.strip())
    return next((head for head in heads if len(head) <= LONG), UNKNOWN)


def locked(text: str) -> dict[str, list[str]]:
    """Package -> sha256 of the files that the lock lets in.

    >>> locked("a-b==1.0 ; python_version < '4' \\\\\\n    --hash=sha256:00ff \\\\\\n    --hash=sha256:11ee\\nc==2 \\\\\\n    --hash=sha256:22dd\\n")
    {'a-b': ['00ff', '11ee'], 'c': ['22dd']}
    """
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.M)
    return {
        entry.partition("==")[0]: re.findall(r"--hash=sha256:([0-9a-f]+)", entry) for entry in entries if "==" in entry
    }


def component(found: Distribution, hashes: list[str]) -> dict:
    name, stated = name_of(found), licence(found)
    entry = {
        "type": "library",
        "bom-ref": f"{name}@{found.version}",
        "name": name,
        "version": found.version,
        "purl": f"pkg:pypi/{name}@{found.version}",
    }
    if stated != UNKNOWN:
        spdx = re.fullmatch(r"[\w.+-]+( (AND|OR|WITH) [\w.+-]+)*", stated) and found.metadata.get("License-Expression")
        entry["licenses"] = [{"expression": stated}] if spdx else [{"license": {"name": stated}}]
    if hashes:
        entry["properties"] = [{"name": "trialpress:lock:sha256", "value": value} for value in hashes]
    return entry


def bill(packages: list[Distribution], hashes: dict[str, list[str]]) -> dict:
    """The bill of materials. https://cyclonedx.org/docs/1.6/json/"""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "trialpress", "name": "trialpress"}},
        "components": [component(found, hashes.get(name_of(found), [])) for found in packages],
    }


def main(to: str = "logs") -> int:
    """Status 1 if something is installed that no lock file lets in."""
    packages = sorted({name_of(found): found for found in distributions()}.values(), key=name_of)
    hashes = {name: found for lock in LOCKS for name, found in locked(lock.read_text(encoding="utf-8")).items()}
    listed = [f"| {name_of(found)} | {found.version} | {licence(found)} |" for found in packages]
    write_text("\n".join(["| Package | Version | Licence |", "|:--|:--|:--|", *listed, ""]), Path(to) / "licences.md")
    write_text(json.dumps(bill(packages, hashes), indent=1) + "\n", Path(to) / "sbom.cdx.json")
    print(f"{to}/licences.md, {to}/sbom.cdx.json: {len(packages)} packages")
    unknown = [name_of(found) for found in packages if licence(found) == UNKNOWN]
    if unknown:
        print(f"licence not stated in the package's metadata: {', '.join(unknown)}")
    strange = [name_of(found) for found in packages if name_of(found) not in hashes and name_of(found) not in BY_VENV]
    if strange:
        print(f"installed, and in no lock file: {', '.join(strange)}; run: make, or rm -r .venv", file=sys.stderr)
    return int(bool(strange))


BY_VENV = ("pip", "setuptools", "trialpress")  # Python puts them into a new environment, the set-up the command

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
