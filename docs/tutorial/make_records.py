"""The two files of the tutorial, in the working directory: 24 invented patients in one, their 36 visits in the other.

Some cells are wrong on purpose: a weight with a decimal comma, an age of 250, a date with its year mistyped.
"""

import csv
import datetime
import random

random.seed(20)
DAY = datetime.timedelta(days=1)
RESPONSES = ("complete response", "partial response", "stable disease", "progression")

with open("patients.csv", "w", newline="", encoding="utf-8") as patients, open("visits.csv", "w", newline="", encoding="utf-8") as visits:  # fmt: skip
    one, many = csv.writer(patients, lineterminator="\n"), csv.writer(visits, lineterminator="\n")
    one.writerow(["Patient", "Name", "Age", "Sex", "Arm", "Weight (kg)", "First dose", "Death", "Last contact"])
    many.writerow(["Patient", "Visit", "Response", "Blasts (%)"])
    for n in range(1, 25):
        arm = "low" if n % 2 else "high"
        first = datetime.date(2023, 1, 9) + random.randrange(300) * DAY
        lived = round(random.expovariate(1 / (500 if arm == "high" else 300))) + 20
        died = first + lived * DAY < datetime.date(2024, 6, 30)
        last = first + lived * DAY if died else datetime.date(2024, 6, 30) - random.randrange(30) * DAY
        age, weight = random.randrange(19, 78), f"{random.gauss(72, 11):.1f}"
        if n == 7:
            age = 250
        if n == 11:
            weight = weight.replace(".", ",")
        written = first.replace(year=2032) if n == 15 else first
        name = f"{random.choice('ABCDEFGHKLM')}. {random.choice(['Alder', 'Birch', 'Cedar', 'Elm', 'Hazel', 'Maple'])}{n:02d}"
        one.writerow([f"P-{n:02d}", name, age, random.choice("FM"), arm, weight, written, last if died else "", last])
        for month in (1, 2) if n <= 12 else (1,):
            best = random.choices(RESPONSES, (4, 3, 2, 1) if arm == "high" else (2, 3, 3, 2))[0]
            blasts = {"complete response": random.uniform(0, 4.9), "partial response": random.uniform(5, 24)}.get(
                best, random.uniform(25, 90)
            )
            many.writerow([f"P-{n:02d}", first + 30 * month * DAY, best.upper() if n == 4 else best, f"{blasts:.1f}"])
