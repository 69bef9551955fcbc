"""`python -m trialpress.fetch <study>`: raw files that study.yaml lists under fetch, each checked against its sha256."""

from __future__ import annotations

import shutil
from pathlib import Path

from .errors import Problem, raise_if
from .files import sha256
from .job import boundary, given
from .studies import checked
from .study import Study, load_study


def fetch(study: Study, raw: Path) -> list[Path]:
    """Put every listed file into `raw`: from a copy at hand if it has the right sha256, otherwise by download."""
    import pooch

    done, problems = [], []
    for item in study.fetch:
        target, copy = raw / item["path"], Path(item.get("copy", ""))
        if not _is(target, item["sha256"]):
            raw.mkdir(parents=True, exist_ok=True)
            try:
                if item.get("copy") and _is(copy, item["sha256"]):
                    shutil.copyfile(copy, target)
                else:
                    pooch.retrieve(
                        item["url"], known_hash=f"sha256:{item['sha256']}", fname=target.name, path=target.parent
                    )
            except Exception as error:  # whatever the network says, the way out is the same
                what = f"could not be downloaded from {item['url']}: {error}"
                do = f"get the file by hand and put it at {target} (sha256 {item['sha256']})"
                problems.append(Problem(str(target), what, "the study starts from this file", do))
                continue
        done.append(target)
    raise_if(problems)
    return done


def _is(path: Path, stated: str) -> bool:
    return path.is_file() and sha256(path) == stated


def main(name: str) -> None:
    """The command `make fetch`."""
    with boundary("make fetch"):
        checked(name)
        study = load_study(f"config/{name}/study.yaml")
        for path in fetch(study, Path(f"data/{name}/raw")):
            print(f"{path}: there, and its sha256 is right")
        if not study.fetch:
            print(f"{name}: all of its raw files are in the repository")


if __name__ == "__main__":
    main(*given("python -m trialpress.fetch STUDY", 1))
