"""A small study that nobody was in: two files of 60 participants and their visits, with what such files have."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

START = datetime.date(2021, 3, 1)


def patients() -> str:
    """One row per participant: arm, sex, age, name, dates, a code explained in its header, a stray text, a sentinel."""
    chance = random.Random(7)
    first, last = (
        ["Anna", "Ben", "Carla", "David", "Eva", "Frank"],
        ["Meyer", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Silva", "Tanaka", "Umar", "Vogel"],
    )
    lines = [
        "Subject ID,Patient name,Date of birth,Sex,Age (years),Arm,Weight (kg),Diabetes (0=No/1=Yes),Randomisation date,Date of death,Last contact date,ECOG"
    ]
    for number in range(1, 61):
        day = START + datetime.timedelta(days=5 * number)
        dead = chance.random() < 0.4
        end = day + datetime.timedelta(days=chance.randrange(40, 400))
        born = datetime.date(1930 + chance.randrange(60), 1 + chance.randrange(12), 1 + chance.randrange(28))
        weight = "unknown" if number in (9, 31) else -999 if number == 17 else f"{chance.uniform(48, 110):.1f}"
        name = f"{first[number % 6]} {last[number // 6 % 10]}"
        lines.append(f"S-{number:03d},{name},{born},{'male' if chance.random() < 0.5 else 'female'},{chance.randrange(31, 90)},{'active' if number % 2 else 'placebo'},"
                     f"{weight},{int(chance.random() < 0.3)},{day},{end if dead else ''},{end},{chance.randrange(0, 3)}")  # fmt: skip
    return "\n".join(lines) + "\n"


def visits() -> str:
    """Three visits of each participant in a European file, ids spelt otherwise in two rows, one row twice."""
    chance = random.Random(8)
    lines = ["subject;visit;date;CRP (mg/L);comment"]
    for number in range(1, 61):
        for visit, days in (("baseline", 0), ("week 4", 28), ("week 12", 84)):
            day = START + datetime.timedelta(days=5 * number + days)
            who = (
                "s-005"
                if (number, visit) == (5, "week 4")
                else "S007"
                if (number, visit) == (7, "week 4")
                else f"S-{number:03d}"
            )
            crp = "<0,5" if chance.random() < 0.1 else f"{chance.uniform(0.5, 80):.1f}".replace(".", ",")
            said = chance.choice(
                ["", "", "", f"seen by the nurse at {chance.randrange(8, 17)}h, no complaint {chance.randrange(1000)}"]
            )
            lines.append(f"{who};{visit};{day:%d.%m.%Y};{crp};{said}")
    return "\n".join([*lines, lines[40]]) + "\n"


def write(folder: Path) -> Path:
    """The two files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "patients.csv").write_text(patients(), encoding="utf-8")
    (folder / "visits.csv").write_text(visits(), encoding="utf-8")
    return folder
