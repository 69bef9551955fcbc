"""The kinds of figure that plan.yaml can name."""

from __future__ import annotations

from ..registry import Registry

KINDS = Registry("figure kind", "kind", ("caption", "width"))
