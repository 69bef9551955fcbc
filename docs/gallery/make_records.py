"""The two files of the gallery's trial, in the working directory: 84 invented patients in one, their visits in the other.

A randomised trial of a maintenance drug after CAR-T cells, with a dose escalation in its first 15 patients. Nothing in it
is of a person; the effects are built in so that the figures have something to show.
"""

import csv
import datetime
import math
import random

random.seed(11)
later = random.Random(12)  # of what follows a relapse
DAY = datetime.timedelta(days=1)
CUTOFF = datetime.date(2024, 12, 31)
LEVELS = [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 2, 2, 2]  # of the dose escalation, by order of treatment
TOXIC = {7, 11, 12}


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


with open("patients.csv", "w", newline="", encoding="utf-8") as patients, open("visits.csv", "w", newline="", encoding="utf-8") as visits:  # fmt: skip
    one, many = csv.writer(patients, lineterminator="\n"), csv.writer(visits, lineterminator="\n")
    one.writerow(["Patient", "Order", "Arm", "Age", "Sex", "ECOG", "LDH", "Ferritin", "CRP", "IL-6", "Blasts, flow", "Blasts, smear", "Bridged",
                  "Level", "DLT", "Risk", "Severe", "First dose", "Allo-HCT", "Relapse", "Remission again", "Death", "Last contact"])  # fmt: skip
    many.writerow(["Patient", "Week", "Fatigue"])
    for order in range(1, 85):
        who, new = f"G-{order:03d}", order % 2 == 0
        age, ecog = random.randint(18, 74), random.choices([0, 1, 2], [4, 4, 2])[0]
        burden = random.gauss(0, 1)
        ldh = round(240 * math.exp(0.35 * burden + random.gauss(0, 0.2)))
        ferritin = round(900 * math.exp(0.7 * burden + random.gauss(0, 0.5)))
        crp = round(12 * math.exp(0.6 * burden + random.gauss(0, 0.6)), 1)
        il6 = round(20 * math.exp(0.8 * burden + random.gauss(0, 0.7)), 1)
        flow = min(max(18 + 11 * burden + random.gauss(0, 3), 0.5), 90)
        smear = min(max(flow * 1.08 + 1.5 + random.gauss(0, 3.2), 0.0), 95)
        bridged = random.random() < logistic(0.9 * burden + 0.5 * (ecog - 0.8))
        risk = logistic(-1.1 + 0.9 * burden + 0.02 * (age - 45))
        severe = random.random() < logistic(-0.9 + 1.1 * burden + 0.02 * (age - 45))
        first = datetime.date(2021, 2, 1) + round(order * 11.5) * DAY
        hazard = math.exp(0.35 * burden + 0.00055 * (age - 45) ** 2 - (0.55 if new else 0)) / 430
        hct = random.randint(50, 160) if random.random() < 0.4 and age < 65 else None
        relapse = random.expovariate(hazard * 0.75)
        if hct and relapse > hct:
            relapse = hct + random.expovariate(hazard * 0.3)
        death = random.expovariate(hazard * 0.35) + 15
        if relapse < death:
            death = relapse + random.expovariate(1 / 260)
        again = relapse + later.expovariate(1 / 60) + 14 if later.random() < 0.55 else None
        follow = (CUTOFF - first).days
        end = min(death, follow)
        one.writerow([
            who, order, "new" if new else "standard", age, random.choice("FM"), ecog, ldh, ferritin, crp, il6, f"{flow:.1f}", f"{smear:.1f}",
            "yes" if bridged else "no", LEVELS[order - 1] if order <= 15 else "", ("yes" if order in TOXIC else "no") if order <= 15 else "",
            f"{risk:.3f}", "yes" if severe else "no", first, first + hct * DAY if hct and hct < min(end, relapse) else "",
            first + round(relapse) * DAY if relapse < end else "", first + round(again) * DAY if again and again + 1 < end else "",
            first + round(death) * DAY if death <= follow else "", first + round(end) * DAY,
        ])  # fmt: skip
        tired = random.gauss(42 + 5 * burden, 10)
        for week in (0, 4, 8, 12, 24):
            if week and random.random() < 0.06 + 0.003 * week:
                continue
            change = (-9 if new else -3) * (1 - math.exp(-week / 7)) + random.gauss(0, 7) * (week > 0)
            many.writerow([who, week, round(min(max(tired + change, 0), 100))])
