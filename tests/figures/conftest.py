"""Synthetic studies to draw."""

from __future__ import annotations

import pytest
from figures.small import LONG, UNTREATED, small


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return small(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    """(name, results) of the studies that break layouts."""
    folder = tmp_path_factory.mktemp
    return {
        "nobody": small(folder("nobody"), n=3, plan=UNTREATED),
        "one": small(folder("one"), n=1),
        "twelve": small(folder("twelve"), n=12),
        "no events": small(folder("none"), events=False),
        "long names": small(folder("long"), names=LONG),
    }


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return small(tmp_path_factory.mktemp("large"), n=5000)
