"""What one raw cell says."""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """A query in the making. at: the raw cell to look at, where it is another ("<column> unit"); once: one query for
    all the rows in which the text stands, not one for each."""

    severity: str
    message: str
    at: str = ""
    once: bool = False


MISSING = "missing code"
MISFIT = "does not fit, cleared"  # the rule by which a value is not used


def missing_rule(why: str) -> str:
    """The rule by which a text means that there is no value, with the reason if one is declared."""
    return f"{MISSING}: {why}" if why else MISSING


class Reading(NamedTuple):
    """A value (None if missing), the rules that made it, and what has to be asked about it.

    limit is the sign of a value beyond a limit of quantification, unit the unit written beside a number, given the
    known part of a partial date; problem says in words why the text does not fit; imputed names what was put in.
    """

    value: object = None
    rules: tuple[str, ...] = ()
    problem: str = ""
    limit: str = ""
    unit: str = ""
    given: str = ""
    imputed: str = ""
    questions: tuple[Question, ...] = ()

    @property
    def why_missing(self) -> str:
        """The reason that a missing data code gives; '' if none is known."""
        return next((rule.removeprefix(f"{MISSING}: ") for rule in self.rules if rule.startswith(f"{MISSING}: ")), "")

    def with_rule(self, *rules: str) -> Reading:
        return self._replace(rules=(*self.rules, *rules))

    def asking(self, severity: str, message: str, at: str = "", once: bool = False) -> Reading:
        return self._replace(questions=(*self.questions, Question(severity, message, at, once)))

    def misfit(self, problem: str, at: str = "") -> Reading:
        """The value cannot be used: `problem` becomes a query of severity error, the value is cleared."""
        cleared = self._replace(value=None, problem=problem, limit="")
        return cleared.asking("error", problem, at).with_rule(MISFIT)
