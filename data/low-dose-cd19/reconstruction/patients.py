"""The simulated patients, one long file since each step of a life draws on those before it: what really happened to each.

`simulate(specification)` gives the tables as lists of rows. Counts are met by construction (fates, strata, sexes and
grades are dealt out from the specification), everything else is drawn from streams seeded by the specification and the
name of what is drawn, so that a change in one place leaves the others alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

REMISSION = ("bridged", "bridged_relapse", "bridged_death", "relapse", "remission", "remission_death")
BRIDGED = REMISSION[:3]
CYTOGENETICS = (["normal"] * 14 + ["t(9;22)"] * 9 + ["KMT2A"] * 5 + ["t(1;19)"] * 4 + ["t(12;21)"] * 4) + (
    ["hyperdiploid"] * 4 + ["complex"] * 8 + ["other"] * 5
)
ANALYTES = {  # canonical units
    "ANC": "10^9/L",
    "PLT": "10^9/L",
    "CRP": "mg/L",
    "FERRITIN": "ng/mL",
    "FIBRINOGEN": "g/L",
    "CREATININE": "umol/L",
    "ALT": "U/L",
    "BILIRUBIN": "umol/L",
    "IL6": "pg/mL",
    "IFNG": "pg/mL",
    "BCELL": "/uL",
}


@dataclass
class Patient:
    """One participant. `order` is the order of infusion (None: a number that nobody has); dates are `datetime.date`."""

    participant: str
    order: int | None
    sex: str
    stratum: str
    age: int
    birth: date
    consent: date
    apheresis: date
    infusion: date | None = None
    fate: str = ""
    dose: float = 0.0
    weight: float = 0.0
    blasts: float = 0.0
    mrd: float | None = None
    extramedullary: bool = False
    crs: int = 0
    neuro: int = 0
    seizure: bool = False
    onset: int = 0
    events: dict[str, int] = field(default_factory=dict)  # hct, relapse, death, assessment, last: day after infusion

    def day(self, n: int) -> date:
        return self.infusion + timedelta(days=n)


def stream(specification: dict, *names) -> Random:
    return Random("/".join(map(str, (specification["seed"], *names))))


def published(specification: dict, name: str):
    return specification["published"][name]["value"]


def assumed(specification: dict, name: str):
    return specification["assumed"][name]["value"]


def clip(x: float, low: float, high: float) -> float:
    return max(low, min(high, x))


def significant(x: float, digits: int = 2) -> float:
    return float(f"{x:.{digits - 1}e}")


# -- the cohort: who, when, which fate -----------------------------------------------------------------------------


def infusion_dates(specification: dict) -> dict[int, date]:
    rng = stream(specification, "accrual")
    anchors = {k: date.fromisoformat(v) for k, v in assumed(specification, "accrual").items()}
    days = dict(anchors)
    known = sorted(anchors)
    for a, b in zip(known, known[1:], strict=False):
        step = (anchors[b] - anchors[a]).days / (b - a)
        for k in range(a + 1, b):
            days[k] = anchors[a] + timedelta(days=round((k - a) * step + rng.uniform(-0.3, 0.3) * step))
    return days


def fates(specification: dict) -> dict[int, str]:
    rng = stream(specification, "fates")
    result = {}
    for phase in assumed(specification, "fates"):
        first, last = phase["orders"]
        deck = [fate for fate, n in phase.items() if fate != "orders" for _ in range(n)]
        rng.shuffle(deck)
        result.update(zip(range(first, last + 1), deck, strict=True))
    # the patients who carry the published follow-up were bridged and stayed in remission; failures are not recent
    for pinned in (15, 34, 51):
        if result[pinned] != "bridged":
            low, high = (15, 34) if pinned <= 34 else (35, 51)
            other = next(k for k in range(low, high + 1) if result[k] == "bridged" and k not in (15, 34, 51))
            result[pinned], result[other] = result[other], result[pinned]
    limit = len(result) - published(specification, "recent")
    for k in range(limit + 1, 35):
        if result[k] not in REMISSION:
            other = next(j for j in range(16, limit + 1) if result[j] in REMISSION)
            result[k], result[other] = result[other], result[k]
    return result


def doses(specification: dict) -> dict[int, float]:
    rng = stream(specification, "dose")
    n, recent = published(specification, "treated"), published(specification, "recent")
    result = {k: float(published(specification, "recent_dose")) for k in range(n - recent + 1, n + 1)}
    for step in assumed(specification, "doses"):
        low, high = step["range"]
        for k in range(step["orders"][0], step["orders"][1] + 1):
            result[k] = significant(math.exp(rng.uniform(math.log(low * 1.05), math.log(high * 0.95))))
    result[27], result[2] = (float(x) for x in published(specification, "dose_range"))
    return result


def cohort(specification: dict) -> list[Patient]:
    rng = stream(specification, "cohort")
    n, n_mrd = published(specification, "treated"), published(specification, "mrd_positive")
    fate, infused_on, dose = fates(specification), infusion_dates(specification), doses(specification)

    mrd = set()
    for name, count in assumed(specification, "strata").items():
        mrd.update(rng.sample([k for k in sorted(fate) if fate[k] == name], count))
    assert len(mrd) == n_mrd
    sex = {}
    for group, males in (
        (sorted(set(fate) - mrd), published(specification, "rr_male")),
        (sorted(mrd), published(specification, "mrd_positive_male")),
    ):
        men = set(rng.sample(group, males))
        sex.update({k: "M" if k in men else "F" for k in group})

    age_rule, unused = assumed(specification, "ages"), assumed(specification, "unused_numbers")
    total = n + len(unused)
    children = set(rng.sample(range(1, total + 1), round(age_rule["child_share"] * total)))
    orders = iter(range(1, n + 1))
    people, previous = [], date(2014, 1, 1)
    for number in range(1, total + 1):
        k = None if number in unused else next(orders)
        age = rng.randint(3, 17) if number in children else int(clip(rng.gauss(36, 14), 18, 66))
        start = infused_on[k] if k else previous + timedelta(days=rng.randint(22, 26))
        consent = max(previous + timedelta(days=1), start - timedelta(days=rng.randint(16, 24)))
        previous = consent
        birthday = consent.replace(year=consent.year - age, day=min(consent.day, 28)) - timedelta(
            days=rng.randint(1, 360)
        )
        people.append(
            Patient(
                participant=f"LD-{number:03d}",
                order=k,
                sex=sex[k] if k else ("M", "F")[rng.randint(0, 1)],
                stratum="MRD" if k in mrd else "RR",
                age=age,
                birth=birthday,
                consent=consent,
                apheresis=consent + timedelta(days=rng.randint(1, 3)),
                infusion=infused_on[k] if k else None,
                fate=fate[k] if k else "",
                dose=dose[k] if k else 0.0,
            )
        )
    youngest = next(p for p in people if p.order and p.age < 12 and p.fate == "bridged")
    oldest = max((p for p in people if p.order), key=lambda p: (p.age, p.participant))
    for p, age in ((youngest, age_rule["minimum"]), (oldest, age_rule["maximum"])):
        p.birth, p.age = p.birth.replace(year=p.birth.year + p.age - age, day=min(p.birth.day, 28)), age
    return people


def burden(specification: dict, people: list[Patient]) -> None:
    """Weight, marrow blasts, MRD and extramedullary disease before infusion."""
    rng = stream(specification, "burden")
    for p in people:
        if p.age < 15:
            p.weight = round(clip(8 + 2.6 * p.age + rng.gauss(0, 2), 10, 60), 1)
        else:
            p.weight = round(clip(rng.gauss(66 if p.sex == "M" else 56, 8), 42, 95), 1)
        if p.stratum == "MRD":
            p.blasts = round(rng.uniform(0.0, 3.5), 1)
            p.mrd = significant(math.exp(rng.uniform(math.log(0.03), math.log(3))))
        else:
            p.blasts = round(6 + 90 * rng.betavariate(1.1, 1.3), 1)
    rule = assumed(specification, "extramedullary")
    rr = [p for p in people if p.stratum == "RR" and p.order]
    failing = next(p for p in rr if p.fate == "no_response")
    chosen = [failing, *rng.sample([p for p in rr if p is not failing], rule["baseline"] - 1)]
    for p in chosen:
        p.extramedullary = True
    for p in [p for p in chosen if p.fate == "bridged"][: rule["isolated"]]:
        p.blasts = round(rng.uniform(0.5, 3.0), 1)


def toxicity(specification: dict, people: list[Patient]) -> None:
    """Worst ASTCT CRS grade and ICANS grade, dealt out by a score of dose and blast burden."""
    rng = stream(specification, "toxicity")
    infused = [p for p in people if p.order]
    score = {}
    for p in infused:
        score[p.participant] = 0.5 * math.log10(p.dose / 1e5) + p.blasts / 60 + rng.gauss(0, 0.55)
        score[p.participant] += 5 if p.fate == "toxic_death" else 0
    ranked = sorted(infused, key=lambda p: score[p.participant])
    grades = [g for g, n in assumed(specification, "crs_grades").items() for _ in range(n)]
    for p, grade in zip(ranked, grades, strict=True):
        p.crs = grade
        p.onset = round(clip(rng.gauss(6.2 - 0.9 * grade, 1.6), 1, 9)) if grade else 0

    unscored = assumed(specification, "ice_score")["not_recorded"]
    able = [p for p in infused if p.order not in unscored and p.crs]
    able.sort(key=lambda p: p.crs + p.age / 60 + rng.gauss(0, 0.9), reverse=True)
    deck = [
        g for g, n in sorted(assumed(specification, "neurotoxicity_grades").items(), reverse=True) for _ in range(n)
    ]
    for p, grade in zip(able, deck, strict=False):
        p.neuro = grade
    severe = [p for p in infused if p.neuro >= 3]
    for p in rng.sample(severe, published(specification, "seizures")):
        p.seizure = True


def course(specification: dict, people: list[Patient]) -> None:
    """Days of assessment, transplant, relapse, death and last contact, all within the cut-off."""
    rng = stream(specification, "course")
    cut_off = date.fromisoformat(assumed(specification, "cut_off"))
    follow = published(specification, "bridged_follow_up")
    rule = assumed(specification, "transplant")
    early_deaths = iter(published(specification, "early_death_days"))
    planned = {k: iter(v) for k, v in assumed(specification, "bridged_events").items()}
    dying = {k: v for k, v in assumed(specification, "deaths").items()}
    pinned = {15: follow["maximum"], 34: follow["median"], 51: follow["minimum"]}
    for p in (p for p in people if p.order):
        horizon = (cut_off - p.infusion).days
        e = p.events
        last = horizon - rng.randint(0, 18) if horizon > 90 else horizon - rng.randint(0, 4)
        if p.fate == "toxic_death":
            e["death"] = next(early_deaths)
        else:
            e["assessment"] = rng.choice([28, 28, 29, 30, 30])
        if p.fate == "no_response" and dying["no_response"]:
            dying["no_response"] -= 1
            e["death"] = rng.randint(62, 210)
        elif p.fate == "no_response":
            last = min(last, 330)
        elif p.fate == "remission_death":
            e["death"] = rng.randint(110, 190)
        elif p.fate == "relapse":
            e["relapse"] = rng.randint(58, min(300, last - 15))
            late = e["relapse"] + rng.randint(40, 130)
            if dying["relapse"] and late < last:
                dying["relapse"] -= 1
                e["death"] = late
        elif p.fate == "bridged":
            low, high = (follow["median"] + 1, follow["maximum"]) if p.order < 34 else (follow["minimum"] + 1, 205)
            last = pinned.get(p.order, int(clip(last, low, high)))
        elif p.fate == "bridged_death":
            e["death"] = next(planned["bridged_death"])
        elif p.fate == "bridged_relapse":
            e["relapse"], death = next(planned["bridged_relapse"])
            if death:
                e["death"] = death
        e["last"] = e.get("death", last)
        assert e["last"] <= horizon, p
        if p.fate in BRIDGED:
            latest = min(rule["latest"], e.get("relapse", e["last"] + 5) - 10, e["last"] - 4)
            e["hct"] = rule["first_day"] if p.order == 51 else rng.randint(min(rule["earliest_usual"], latest), latest)
    assert dying == {"no_response": 0, "relapse": 0}, dying


# -- the tables ----------------------------------------------------------------------------------------------------


def simulate(specification: dict) -> tuple[list[Patient], dict[str, list[dict]]]:
    """The participants, and the true tables: name to rows in the order of their keys."""
    people = cohort(specification)
    burden(specification, people)
    toxicity(specification, people)
    course(specification, people)
    infused = [p for p in people if p.order]
    tables = {
        "history": history(specification, people),
        "infusion": [infusion(specification, p) for p in infused],
        "signs": [row for p in infused for row in signs(specification, p)],
        "kinetics": [row for p in infused for row in kinetics(specification, p)],
        "response": responses(specification, infused),
        "transplant": [transplant(specification, p) for p in infused if "hct" in p.events],
        "followup": followups(specification, infused),
    }
    tables["labs"] = [row for p in infused for row in labs(specification, p, tables["response"], tables["kinetics"])]
    tables["adverse_events"] = [row for p in infused for row in adverse_events(specification, p, tables["labs"])]
    tables["enrolment"] = [enrolment(p) for p in infused]
    own = {p.participant for p in infused}
    tables["history"] = [row for row in tables["history"] if row["participant"] in own]
    return infused, tables


def enrolment(p: Patient) -> dict:
    return {
        "participant": p.participant,
        "sex": p.sex,
        "age": p.age,
        "consent_date": p.consent,
        "apheresis_date": p.apheresis,
        "stratum": p.stratum,
    }


def history(specification: dict, people: list[Patient]) -> list[dict]:
    rng = stream(specification, "history")
    karyotypes = CYTOGENETICS[:]
    rng.shuffle(karyotypes)
    rows = []
    for p, karyotype in zip(people, karyotypes, strict=True):
        lived = (p.consent - p.birth).days
        ago = int(clip(rng.lognormvariate(6.4, 0.7), 95, min(3200, lived - 60)))
        transplanted = ago > 400 and rng.random() < 0.25 and p.stratum == "RR"
        lines = rng.randint(1, 3) if p.stratum == "MRD" else rng.randint(2, 5) + (ago > 900)
        rows.append(
            {
                "participant": p.participant,
                "diagnosis_date": p.consent - timedelta(days=ago),
                "prior_lines": lines + (2 if transplanted else 0),
                "prior_hct": "yes" if transplanted else "no",
                "blasts_percent": p.blasts,
                "mrd_percent": p.mrd,
                "extramedullary": "yes" if p.extramedullary else "no",
                "extramedullary_site": rng.choice(["CNS", "testis", "bone"] if p.sex == "M" else ["CNS", "bone"])
                if p.extramedullary
                else None,
                "cytogenetics": karyotype,
                "bcr_abl": "yes" if karyotype == "t(9;22)" else "no",
            }
        )
    return rows


def infusion(specification: dict, p: Patient) -> dict:
    rng = stream(specification, "infusion", p.participant)
    return {
        "participant": p.participant,
        "infusion_date": p.infusion,
        "weight_kg": p.weight,
        "total_cells": float(f"{p.dose * p.weight:.10g}"),
        "dose_recorded": p.dose,
        "dose_per_kg": p.dose,
        "lymphodepletion": "FC" if rng.random() < 0.85 else "C",
    }


def low_pressure(age: int) -> int:
    """Systolic pressure below which a patient is hypotensive, mmHg (PALS: 70 + 2 x age below ten years, else 90)."""
    return 90 if age >= 10 else 70 + 2 * age


def support(rng: Random, p: Patient) -> dict[int, dict]:
    """Days on which hypotension or hypoxia was treated, with what: the worst of them has the patient's CRS grade."""
    if p.crs < 2:
        return {}
    plan = {}
    start = p.onset + rng.randint(1, 2)
    fluids = {"iv_fluids": "yes"}
    cannula = {"oxygen_device": "nasal_cannula", "oxygen_flow": float(rng.choice([2, 2, 3, 4, 5, 6]))}
    mild = rng.choice([fluids, cannula, {**fluids, **cannula}])
    pressor = {**fluids, "vasopressors": 1, "vasopressor_dose": rng.choice(["low", "low", "high"])}
    mask = rng.choice(
        [
            {"oxygen_device": "face_mask", "oxygen_flow": float(rng.randint(7, 10))},
            {"oxygen_device": "high_flow", "oxygen_flow": float(rng.choice([30, 40, 50]))},
        ]
    )
    if p.crs == 2:
        for d in range(start, start + rng.randint(1, 3)):
            plan[d] = mild
        return plan
    plan[start] = mild
    if p.crs == 3:
        peak = rng.choice([pressor, {**pressor, **cannula}, {**mask, **fluids}])
        if peak.get("vasopressor_dose") == "high" and rng.random() < 0.5:
            peak = {**peak, "vasopressin": "yes"}
        for d in range(start + 1, start + 1 + rng.randint(1, 3)):
            plan[d] = peak
    else:
        plan[start + 1] = {**pressor, **mask}
        worst = {**fluids, "vasopressors": 2, "vasopressor_dose": "high", "oxygen_device": "ventilator"}
        if p.fate != "toxic_death":
            worst = rng.choice([worst, {**pressor, "vasopressor_dose": "high", "oxygen_device": "cpap"}])
        end = p.events["death"] if p.fate == "toxic_death" else start + rng.randint(4, 6)
        for d in range(start + 2, end + 1):
            plan[d] = {**worst, "vasopressin": "yes" if d % 2 and "ventilator" in worst.values() else "no"}
    last = max(plan)
    for d in (last + 1, last + 2):
        plan[d] = mild
    return plan


def signs(specification: dict, p: Patient) -> list[dict]:
    rng = stream(specification, "signs", p.participant)
    days = range(-1, min(28, p.events.get("death", 28)) + 1)
    fever_days = {0: 0, 1: rng.randint(2, 4), 2: rng.randint(3, 6), 3: rng.randint(5, 8), 4: rng.randint(7, 10)}[p.crs]
    plan = support(rng, p)
    limit = low_pressure(p.age)
    usual = 118 if p.age >= 15 else 88 + 2 * p.age
    treated = {}
    if p.crs >= 3 or (p.crs == 2 and rng.random() < 0.4):
        treated["tocilizumab"] = [p.onset + rng.randint(1, 2)]
        if p.crs == 4:
            treated["tocilizumab"].append(treated["tocilizumab"][0] + 2)
    steroids = set()
    if p.crs >= 3:
        start = p.onset + rng.randint(2, 3)
        steroids.update(range(start, start + rng.randint(3, 5)))
    neuro_start = int(clip(p.onset + rng.randint(2, 5), 3, 13))
    neuro_days = range(neuro_start, neuro_start + (0 if not p.neuro else rng.randint(2, 3) + p.neuro // 2))
    worst_neuro = neuro_days[len(neuro_days) // 2] if p.neuro else None
    if p.neuro >= 2:
        steroids.update(range(worst_neuro, worst_neuro + rng.randint(3, 5)))
    scored = p.order not in assumed(specification, "ice_score")["not_recorded"]

    rows = []
    for d in days:
        row = {
            "participant": p.participant,
            "date": p.day(d),
            "temperature": round(clip(rng.gauss(36.7, 0.25), 36.1, 37.4), 1),
            "sbp": round(clip(rng.gauss(usual, 7), limit + 6, 150)),
            "spo2": rng.randint(96, 100),
            "oxygen_device": "none",
            "oxygen_flow": None,
            "fio2": 21.0,
            "vasopressors": 0,
            "vasopressor_dose": None,
            "vasopressin": "no",
            "iv_fluids": "no",
            "coagulation_products": "no",
            "tocilizumab": "yes" if d in treated.get("tocilizumab", ()) else "no",
            "steroids": "yes" if d in steroids else "no",
            "ice_score": 10 if scored and d >= 0 else None,
            "consciousness": "awake",
            "seizure": "no",
        }
        if p.crs and p.onset <= d < p.onset + fever_days:
            height = 38.5 + 0.25 * p.crs + (0.5 if d - p.onset < fever_days / 2 else 0) + rng.gauss(0, 0.3)
            row["temperature"] = round(clip(height, 38.1, 41.2), 1)
        if d in plan:
            row.update(plan[d])
            if row["iv_fluids"] == "yes":
                row["sbp"] = limit - rng.randint(3, 14)
            if row["oxygen_device"] != "none":
                row["spo2"] = rng.randint(88, 94)
                row["fio2"] = {
                    "nasal_cannula": 20 + 4 * (row["oxygen_flow"] or 0),
                    "face_mask": 50.0,
                    "high_flow": 50.0,
                    "cpap": 50.0,
                    "ventilator": 60.0 + 10 * (d % 3),
                }[row["oxygen_device"]]
            if p.crs == 4 and row["vasopressors"]:
                row["coagulation_products"] = "yes"
        if d in neuro_days:
            grade = p.neuro if d == worst_neuro else max(1, p.neuro - 1 - rng.randint(0, 1))
            if d == worst_neuro and p.seizure:
                row["seizure"] = "yes"
            if grade == 4:
                row["ice_score"], row["consciousness"] = 0, "unarousable"
            else:
                low, high = {1: (7, 9), 2: (3, 6), 3: (0, 2)}[grade]
                if row["seizure"] == "yes":
                    low, high = 1, 6
                row["ice_score"] = rng.randint(low, high)
                row["consciousness"] = {1: "awake", 2: "voice", 3: "touch"}[grade]
        if row["oxygen_device"] == "ventilator" and row["consciousness"] == "awake":
            row["ice_score"], row["consciousness"] = None, "sedated"
        rows.append(row)
    return rows


def kinetics(specification: dict, p: Patient) -> list[dict]:
    """CAR copies per ug DNA; a value below the limit of quantification is given as the limit, and marked."""
    rng = stream(specification, "kinetics", p.participant)
    rule = assumed(specification, "kinetics")
    peak_day = clip(rng.gauss(10.5 - 0.4 * p.crs, 1.5), 7, 14)
    weak = 1.6 if p.fate == "no_response" else 0
    peak = math.exp(clip(rng.gauss(9.2 + 0.55 * p.crs - weak, 0.8), 6.0, 12.8))
    half_life = rng.uniform(3.0, 6.0) * (0.7 if p.fate in ("no_response", "relapse") else 1)
    rows = []
    for d in rule["days"]:
        if d > p.events["last"] or d > p.events.get("hct", 10**6) or d > p.events.get("relapse", 10**6):
            break
        if d == 0:
            level = 0.0
        elif d < peak_day:
            level = peak * math.exp(-0.9 * (peak_day - d))
        else:
            slow = 0.01 * peak * 2 ** (-(d - peak_day) / 45)
            level = peak * 2 ** (-(d - peak_day) / half_life) + slow
        level *= math.exp(rng.gauss(0, 0.2))
        below = level < rule["lloq"]
        rows.append(
            {
                "participant": p.participant,
                "day": d,
                "copies_per_ug": float(rule["lloq"]) if below else significant(level, 3),
                "censored": "<" if below else None,
                "below_lloq": "yes" if below else "no",
            }
        )
    return rows


def responses(specification: dict, infused: list[Patient]) -> list[dict]:
    """Marrow at the response assessment, then about every two months, and at relapse."""
    rng = stream(specification, "response")
    rule = assumed(specification, "recovery")
    responders = [p for p in infused if p.fate in REMISSION]
    rr = [p for p in responders if p.stratum == "RR"]
    incomplete = set(id(p) for p in rng.sample(rr, rule["incomplete_rr"]))
    incomplete |= {id(p) for p in rng.sample([p for p in responders if p.stratum == "MRD"], rule["incomplete_mrd"])}
    positive = {id(p) for p in rng.sample([p for p in rr if p.fate == "relapse"], rule["mrd_positive_responders"])}
    persisting = [p for p in infused if p.fate == "no_response" and p.extramedullary]
    rows = []
    for p in infused:
        if "assessment" not in p.events:
            continue
        ends = (p.events["last"] + 1, p.events.get("relapse", 10**6), p.events.get("death", 10**6))
        later = [d + rng.randint(-3, 3) for d in (60, 90, 150, 210, 270, 365)] if id(p) not in positive else []
        days = [p.events["assessment"]]
        if p.fate in REMISSION:
            days += [d for d in later if d < min(ends) - 6 and d > p.events["assessment"] + 14]
            days += [p.events["relapse"]] if "relapse" in p.events else []
        for d in days:
            row = {
                "participant": p.participant,
                "assessment_date": p.day(d),
                "marrow_blasts_percent": round(rng.uniform(0.0, 2.5), 1),
                "extramedullary": "no",
                "mrd_percent": 0.01,
                "mrd_censored": "<",
                "mrd_method": "flow",
                "assessor_response": "CRi" if id(p) in incomplete and d == p.events["assessment"] else "CR",
            }
            if d == p.events.get("relapse") or p.fate == "no_response":
                level = round(rng.uniform(14, 88), 1)
                if p in persisting:
                    level, row["extramedullary"] = 1.5, "yes"
                row |= {"marrow_blasts_percent": level, "mrd_percent": level, "mrd_censored": None}
                row["assessor_response"] = "NR" if p.fate == "no_response" else "relapse"
            elif id(p) in positive:
                row |= {"mrd_percent": significant(rng.uniform(0.03, 0.4)), "mrd_censored": None}
            rows.append(row)
    return rows


def transplant(specification: dict, p: Patient) -> dict:
    rng = stream(specification, "transplant", p.participant)
    return {
        "participant": p.participant,
        "hct_date": p.day(p.events["hct"]),
        "donor": rng.choice(["haploidentical"] * 5 + ["sibling"] * 2 + ["unrelated"] * 3),
        "conditioning": rng.choice(["TBI", "TBI", "busulfan"]),
        "stem_cells": rng.choice(["peripheral", "peripheral", "peripheral_marrow"]),
    }


def followups(specification: dict, infused: list[Patient]) -> list[dict]:
    rng = stream(specification, "followup")
    relapsed = [p for p in infused if "relapse" in p.events]
    negative = {p.participant for p in rng.sample(relapsed, assumed(specification, "relapse_cd19_negative"))}
    causes = {"toxic_death": "cart_toxicity", "bridged_death": "transplant_related", "remission_death": "infection"}
    return [
        {
            "participant": p.participant,
            "relapse_date": p.day(p.events["relapse"]) if p in relapsed else None,
            "relapse_cd19": ("negative" if p.participant in negative else "positive") if p in relapsed else None,
            "death_date": p.day(p.events["death"]) if "death" in p.events else None,
            "death_cause": causes.get(p.fate, "disease") if "death" in p.events else None,
            "last_contact_date": p.day(p.events["last"]),
            "status": "dead" if "death" in p.events else "alive",
            "status_source": rng.choice(["clinic", "clinic", "phone", "referring_hospital"]),
        }
        for p in infused
    ]


def labs(specification: dict, p: Patient, response: list[dict], kinetics: list[dict]) -> list[dict]:
    """Blood counts daily, chemistry every two to three days, cytokines, B cells monthly; both counts at each marrow."""
    rng = stream(specification, "labs", p.participant)
    last = min(30, p.events["last"])
    marrow = {
        (r["assessment_date"] - p.infusion).days: r["assessor_response"]
        for r in response
        if r["participant"] == p.participant
    }
    rows = []

    def add(day: int, analyte: str, value: float, digits: int, low: float = 0.0, high: float = math.inf) -> None:
        value = round(value, digits)
        censored = "<" if value < low else ">" if value > high else None
        rows.append(
            {
                "participant": p.participant,
                "date": p.day(day),
                "analyte": analyte,
                "value": clip(value, low, high),
                "censored": censored,
                "unit": ANALYTES[analyte],
            }
        )

    # counts: nadir after lymphodepletion, deeper and longer with CRS; recovery by the assessment unless CRi or NR
    first = p.events.get("assessment", 99)
    recovered = marrow.get(first) == "CR"
    base = {"ANC": rng.uniform(1.2, 3.5), "PLT": rng.uniform(60, 220)}
    if p.stratum == "RR":
        base = {"ANC": rng.uniform(0.3, 2.5), "PLT": rng.uniform(15, 140)}
    low = {"ANC": math.exp(rng.gauss(-2.6, 0.7)), "PLT": clip(rng.gauss(24 - 3 * p.crs, 6), 7, 50)}
    goal = {"ANC": rng.uniform(1.6, 3.8), "PLT": rng.uniform(125, 240)}
    if not recovered:
        goal = {"ANC": rng.uniform(0.35, 0.8), "PLT": rng.uniform(25, 70)}
    nadir = rng.randint(4, 7)
    turn = rng.randint(9, 12) + p.crs
    for d in sorted({*range(-1, last + 1), *(m for m in marrow if m > 0)}):
        for name, digits, limit in (("ANC", 2, 0.02), ("PLT", 0, 3)):
            if d <= nadir:
                share = max(0, d) / nadir
                level = base[name] ** (1 - share) * low[name] ** share
            elif d <= turn:
                level = low[name]
            else:
                share = min(1, (d - turn) / max(1, min(first, 30) - 2 - turn))
                level = low[name] ** (1 - share) * goal[name] ** share
            level *= math.exp(rng.gauss(0, 0.12))
            if d in marrow:
                floor, ceiling = {"ANC": (1.15, 0.92), "PLT": (108, 88)}[name]
                if d > first and marrow[d] == "CR":
                    level = rng.uniform(1.3, 4.5) if name == "ANC" else rng.uniform(112, 260)
                elif d > first:
                    level = rng.uniform(0.2, 1.5) if name == "ANC" else rng.uniform(12, 90)
                level = max(level, floor) if marrow[d] == "CR" else min(level, ceiling)
            add(d, name, level, digits, low=limit)

    # inflammation follows the fever, organ values follow the support
    def wave(d: int, start: int, top: int, length: int) -> float:
        if d < start:
            return math.exp(-0.9 * (start - d)) * 0.3
        return (d - start + 1) / (top - start + 1) if d <= top else math.exp(-(d - top) / length)

    start = p.onset or 6
    top = start + 2 + (p.crs >= 3)
    peak = {
        "CRP": (25, 70, 130, 190, 260),
        "FERRITIN": (900, 2200, 5500, 14000, 32000),
        "IL6": (18, 90, 480, 3200, 9000),
        "IFNG": (12, 60, 310, 1400, 4500),
        "ALT": (32, 48, 75, 150, 330),
        "BILIRUBIN": (14, 17, 22, 34, 70),
    }
    peak = {k: v[p.crs] * math.exp(rng.gauss(0, 0.35)) for k, v in peak.items()}
    resting = {"CRP": rng.uniform(1, 12), "FERRITIN": rng.uniform(250, 1500), "IL6": rng.uniform(1, 9)}
    resting |= {"IFNG": rng.uniform(0.6, 6), "ALT": rng.uniform(12, 36), "BILIRUBIN": rng.uniform(7, 15)}
    creatinine = clip(12 + 2.9 * min(p.age, 18) + (9 if p.sex == "M" and p.age > 14 else 0) + rng.gauss(0, 5), 16, 95)
    fibrinogen = rng.uniform(2.4, 3.8)
    scales = {"CRP": (1, 0.5, math.inf), "FERRITIN": (0, 0, 40000), "ALT": (0, 0, math.inf)}
    scales |= {"BILIRUBIN": (1, 0, math.inf), "IL6": (1, 1.5, 5000), "IFNG": (1, 1.0, 5000)}
    for d in (-1, 0, 2, 4, 6, 8, 10, 12, 14, 17, 21, 24, 28):
        if d > last:
            break
        for name in ("CRP", "FERRITIN", "ALT", "BILIRUBIN"):
            delay = 2 if name in ("FERRITIN", "ALT", "BILIRUBIN") else 0
            rise = wave(d, start + delay, top + delay, 4 if name == "CRP" else 6)
            value = (resting[name] + max(0, peak[name] - resting[name]) * rise) * math.exp(rng.gauss(0, 0.1))
            digits, lowest, highest = scales[name]
            add(d, name, value, digits, lowest, highest)
        stress = wave(d, start + 2, top + 2, 5)
        add(d, "CREATININE", creatinine * (1 + (0, 0, 0.1, 0.5, 1.6)[p.crs] * stress + rng.gauss(0, 0.04)), 0)
        add(d, "FIBRINOGEN", max(0.5, fibrinogen * (1 - (0, 0.1, 0.25, 0.5, 0.72)[p.crs] * stress)), 2)
    for d in (0, 1, 3, 5, 7, 9, 11, 14, 21, 28):
        if d > last:
            break
        for name in ("IL6", "IFNG"):
            value = (resting[name] + peak[name] * wave(d, start, top, 2.5)) * math.exp(rng.gauss(0, 0.25))
            digits, lowest, highest = scales[name]
            add(d, name, value, digits, lowest, highest)

    # B cells: gone while the CAR-T cells work; they return months later if no transplant comes first
    weak = p.fate in ("no_response",)
    returning = rng.randint(70, 330)
    end = min(p.events["last"], p.events.get("hct", 10**6), p.events.get("relapse", 10**6))
    for d in (0, 28, 60, 90, 120, 150, 180, 240, 300, 365):
        if d > end:
            break
        level = rng.uniform(4, 160) if d == 0 else rng.uniform(0.1, 0.9)
        if d and (weak or d >= returning):
            level = rng.uniform(12, 60) + (0 if weak else 0.5 * (d - returning))
        add(d, "BCELL", level, 1, low=1)
    return rows


def adverse_events(specification: dict, p: Patient, labs: list[dict]) -> list[dict]:
    """CTCAE v4.03 terms; those with a laboratory definition are graded from the laboratory values."""
    rng = stream(specification, "adverse events", p.participant)
    rows = []

    def add(term: str, grade: int, start: int, end: int | None, related: str) -> None:
        limit = p.events.get("death", 10**6)
        if end is not None and end >= limit:
            end = limit if grade == 5 else None
        dates = {"start_date": p.day(start), "end_date": None if end is None else p.day(end)}
        rows.append({"participant": p.participant, "term": term, "grade": grade, **dates, "related": related})

    def series(analyte: str) -> list[tuple[int, float]]:
        return [
            ((r["date"] - p.infusion).days, r["value"])
            for r in labs
            if r["participant"] == p.participant
            and r["analyte"] == analyte
            and 0 <= (r["date"] - p.infusion).days <= 30
        ]

    def graded(term: str, analyte: str, grade, related: str) -> None:
        marked = [(d, grade(v)) for d, v in series(analyte)]
        worst = max((g for _, g in marked), default=0)
        days = [d for d, g in marked if g >= max(1, worst - 2)]
        if worst >= 1:
            last = series(analyte)[-1][0]
            add(term, worst, days[0], days[-1] + 1 if days[-1] < last else None, related)

    if p.crs:
        fatal = p.fate == "toxic_death"
        length = 3 + 2 * p.crs + rng.randint(0, 2)
        add("Cytokine release syndrome", 5 if fatal else p.crs, p.onset, p.onset + length, "related")
        if fatal:
            rows[-1]["end_date"] = p.day(p.events["death"])
    if p.neuro:
        start = int(clip(p.onset + 3, 3, 13))
        add("Encephalopathy", p.neuro, start, start + 2 + p.neuro, "related")
    if p.seizure:
        start = int(clip(p.onset + 5, 4, 15))
        add("Seizure", 3 if p.neuro == 4 else 2, start, start + 1, "related")
    graded("Neutrophil count decreased", "ANC", lambda v: (v < 2) + (v < 1.5) + (v < 1) + (v < 0.5), "possible")
    graded("Platelet count decreased", "PLT", lambda v: (v < 100) + (v < 75) + (v < 50) + (v < 25), "possible")
    graded(
        "Alanine aminotransferase increased", "ALT", lambda v: (v > 40) + (v > 120) + (v > 200) + (v > 800), "possible"
    )
    graded("Fibrinogen decreased", "FIBRINOGEN", lambda v: (v < 2) + (v < 1.5) + (v < 1) + (v < 0.5), "related")
    if p.crs >= 3:
        base = dict(series("CREATININE")).get(0)
        graded(
            "Creatinine increased",
            "CREATININE",
            lambda v: (v > 1.5 * base) + (v > 2 * base) + (v > 3 * base),
            "related",
        )
    if rng.random() < 0.3:
        start = rng.randint(8, 18)
        add("Lung infection", rng.choice([2, 3, 3]), start, start + rng.randint(6, 12), "possible")
    if rng.random() < 0.35:
        start = rng.randint(0, 4)
        add("Nausea", rng.choice([1, 1, 2]), start, start + rng.randint(1, 4), "unrelated")
    if rng.random() < 0.2:
        start = rng.randint(5, 14)
        add("Rash maculo-papular", rng.choice([1, 2]), start, start + rng.randint(2, 6), "possible")
    return sorted(rows, key=lambda r: (r["start_date"], r["term"]))
