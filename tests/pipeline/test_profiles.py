"""The profiles are profiles: Snakemake takes every key of them. What belongs to a plugin is checked where the plugin is installed,
and else by its name; the plugins of Kubernetes and LSF are not in the lock file."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/profile.yaml"))
# of the versions that the profiles name: snakemake_executor_plugin_*/__init__.py, ExecutorSettings
OPTIONS = {
    "kubernetes": {"namespace", "cpu-scalar", "service-account-name", "privileged", "persistent-volumes", "omit-job-cleanup"},
    "lsf": set(),
    "slurm": {"status-command", "no-account"},
}  # fmt: skip


def test_there_is_a_profile_for_each_place():
    assert PROFILES == ["default", "kubernetes", "lsf", "slurm"]


@pytest.mark.parametrize("name", PROFILES)
def test_every_key_is_known(name, tmp_path):
    from snakemake.cli import parse_args

    content = yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text(encoding="utf-8"))
    executor = content.get("executor", "")
    if executor and not find_spec(f"snakemake_executor_plugin_{executor}"):
        own = {key for key in content if key.startswith(f"{executor}-")}
        assert {key.removeprefix(f"{executor}-") for key in own} <= OPTIONS[executor]
        lacking = {"executor", "default-storage-provider", *own}
        content = {key: value for key, value in content.items() if key not in lacking}
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(content))
    _, given = parse_args(["--workflow-profile", str(tmp_path), "--cores", "1"])
    for key, value in content.items():
        if isinstance(value, int | str):
            assert getattr(given, key.replace("-", "_")) == value
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(content | {"no-such-key": 1}))
    with pytest.raises(SystemExit):
        parse_args(["--workflow-profile", str(tmp_path), "--cores", "1"])


@pytest.mark.parametrize("name", ["kubernetes", "lsf"])
def test_what_was_not_tried_says_so(name):
    assert (ROOT / "profiles" / name / "profile.yaml").read_text(encoding="utf-8").startswith("# NOT EXERCISED")
