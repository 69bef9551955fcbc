"""What rows of results are about: an id, which is a key, and a label, which is printed.

Ids in the columns `group` and `level` of ard.csv and curves.csv are

    (empty)             everyone, or the analysis as a whole
    low, MRD-, True     the code of a level, as the data have it
    age                 the id of a column
    age_group=child     a level of one column among several: column, `=`, code. In the id of a column (never in a code) `%`
                        and `=` are written %25 and %3D, so that the first `=` ends the column and no two ids are alike
    6_months, 60_days   a time: its number and its unit
    risk_difference     a word of the method's own

A label stands beside its id in `group_label` and `level_label` and is never compared with anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .text import number_text


@dataclass(frozen=True)
class Name:
    """An id with its label. Two of one id are the same, whatever is printed.

    >>> Name("low", "Low dose") == Name("low", "niedrige Dosis"), bool(EVERYONE)
    (True, False)
    """

    id: str
    label: str = field(compare=False)

    def __bool__(self) -> bool:
        return bool(self.id)


EVERYONE = Name("", "")


def word(text: str) -> Name:
    """A word of a method's own.

    >>> word("risk difference")
    Name(id='risk_difference', label='risk difference')
    """
    return Name(text.replace(" ", "_"), text)


def column(id: str, label: str) -> Name:
    """A column among others."""
    return Name(id.replace("%", "%25").replace("=", "%3D"), label)


def level(of: Name, code: Name) -> Name:
    """A level of a column among others.

    >>> level(column("age_group", "Age group"), Name("child", "Under 18 years"))
    Name(id='age_group=child', label='Age group: Under 18 years')
    """
    return Name(f"{of.id}={code.id}", f"{of.label}: {code.label}")


def at(time: float, unit: str) -> Name:
    """A time.

    >>> at(6, "months"), at(0.5, "years")
    (Name(id='6_months', label='6 months'), Name(id='0.5_years', label='0.5 years'))
    """
    return Name(f"{number_text(time)}_{unit}", f"{number_text(time)} {unit}")


def day(number: float) -> Name:
    """A day of the study.

    >>> day(-1)
    Name(id='-1_days', label='day -1')
    """
    return Name(f"{number_text(number)}_days", f"day {number_text(number)}")


def percent(share: float) -> Name:
    """A share of the participants.

    >>> percent(0.25)
    Name(id='25_percent', label='25%')
    """
    return Name(f"{100 * share:.10g}_percent", f"{100 * share:.10g}%")
