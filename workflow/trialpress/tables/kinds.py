"""The kinds of table that plan.yaml can name."""

from __future__ import annotations

from ..registry import Registry

KINDS = Registry("table kind", "kind", ("caption",))
