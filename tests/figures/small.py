"""A small synthetic study with everything that figures and tables show; its size, events and names can be chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from trialpress import analysis, cohort
from trialpress.checks.plan import load_plan
from trialpress.results import Results
from trialpress.study import load_study

STUDY = """
study: {id: small, title: A small study, data_cutoff: "2016-12-31", reconstruction: NOTICE, participant: who}
files: {one: {path: one.csv}}
tables:
  patients:
    file: one
    key: [who]
    columns:
      who: {type: id}
      arm: {type: code, codes: {rr: [rr], mrd: [mrd]}, label: Stratum}
      dose_group: {type: code, codes: {a: [a], b: [b], c: [c], d: [d]}, label: Dose group}
      order: {type: integer, label: Order of infusion}
      dose: {type: number, unit: cells/kg, label: Dose}
      age: {type: number, unit: years, label: Age}
      sex: {type: code, codes: {F: [F], M: [M]}, label: Sex}
      crs: {type: integer, label: Grade of CRS}
      lee: {type: integer, label: Grade of CRS (Lee)}
      response: {type: code, codes: {CR: [CR], CRi: [CRi], NR: [NR]}, label: Best response}
      infused_on: {type: date, label: Infusion}
      response_on: {type: date, label: Remission}
      hct_on: {type: date, label: Allo-HCT}
      relapse_on: {type: date, label: Relapse}
      again_on: {type: date, label: Second remission}
      died_on: {type: date, label: Death}
      last_on: {type: date, label: Last contact}
  levels:
    file: one
    key: [who, day]
    references: {who: patients.who}
    columns:
      who: {type: id}
      day: {type: integer, label: Day}
      copies: {type: number, unit: copies/µg, label: CAR-T transgene}
  labs:
    file: one
    key: [who, date, analyte]
    references: {who: patients.who}
    columns:
      who: {type: id}
      date: {type: date}
      analyte: {type: id}
      value: {type: number}
  events:
    file: one
    key: [who, term]
    references: {who: patients.who}
    columns:
      who: {type: id}
      term: {type: id, label: Term}
      grade: {type: integer, label: Grade}
"""

PLAN = """
plan: {level: 0.95, alpha: 0.05, seed: 1, multiplicity: none}
cohort:
  table: patients
  columns:
    stratum: {expression: arm, label: Stratum, levels: {rr: RR_NAME, mrd: MRD_NAME}}
    doses: {expression: dose_group, label: Dose group, levels: {a: A_NAME, b: 1 to 5, c: "<1", d: EMPTY_NAME}}
    crs_grade: {expression: crs, label: Grade of CRS, levels: {"0": "0", "1": "1", "2": "2", "3": "3", "4": "4"}}
    remission: {expression: "response in ('CR', 'CRi')", type: boolean, label: Remission}
    cohort: {cut: order, at: [3, 6, 9, 12, 15], labels: [c1, c2, c3, c4, c5, c6], label: Cohort, levels: {c1: "1", c2: "2", c3: "3", c4: "4", c5: "5", c6: "6"}}
    dose_level: {expression: "when(order <= 3, 'one', when(order <= 9, 'two', when(order <= 12, 'three', 'two')))", type: code, label: Dose level, levels: {one: EMPTY_NAME, two: "10⁵ per kg", three: "10⁶ per kg"}}
    toxic: {expression: "when(order == 5, true, when(order in (8, 11, 12), true, when(order == 10, missing, false)))", type: boolean, label: DLT}
    risk: {expression: age / 100, label: Predicted risk}
    age_group: {cut: age, at: [25, 50], labels: [young, middle, old], label: Age group, levels: {young: A_NAME, middle: 25 to 50 years, old: "Over 50 years"}}
    change: {expression: 2 * age - 100, label: Change of blasts, unit: "%"}
    fever_grade: {daily: fever, label: Grade of fever}
  daily:
    table: levels
    day: day
    window: [0, 28]
    grades: {fever: {scale: icans, label: Fever, signs: {ice: "when(copies > 1e5, 0, when(copies > 5e4, 4, when(day == 21, missing, 10)))", consciousness: 0, seizure: false, focal_oedema: false, severe_event: false}}}
populations:
  infused: {label: Infused}
  rr: {label: Relapsed or refractory, within: infused, condition: arm == 'rr', may_be_empty: true}
  mrd: {label: MRD-positive, within: infused, condition: arm == 'mrd', may_be_empty: true}
  evaluable: {label: Evaluable for response, within: rr, condition: present(response), may_be_empty: true}
  first: {label: Dose escalation, within: infused, condition: order <= 15, may_be_empty: true}
  nobody: {label: Nobody, within: infused, condition: age > 500, may_be_empty: true}
flow:
  - {population: infused}
  - {population: rr}
  - {population: evaluable, reasons: {Death before the first assessment: missing(response), Consent withdrawn: age > 500}}
  - {population: mrd, from: infused}
endpoints:
  os: {label: Overall survival, origin: infused_on, events: {death: died_on}, censor: last_on}
  efs: {label: Event-free survival, origin: infused_on, events: {relapse: relapse_on, death: died_on}, censor: last_on}
  relapse: {label: Relapse, origin: infused_on, events: {relapse: relapse_on, death: died_on}, censor: last_on, competing: true}
analyses:
  cr: {method: proportion, population: infused, event: remission, unknown: no_event, label: CR or CRi}
  cr_rr: {method: proportion, population: rr, event: remission, label: CR or CRi in RR}
  cr_nobody: {method: proportion, population: nobody, event: remission, label: CR or CRi in nobody}
  cr_by_dose: {method: proportion, population: infused, event: remission, unknown: no_event, by: doses, label: CR or CRi}
  severe_by_dose: {method: proportion, population: infused, event: crs >= 3, unknown: no_event, by: doses, label: Grade 3 or more}
  os: {method: kaplan_meier, population: infused, endpoint: os, by: stratum, at: [6, 12], label: Overall survival}
  efs: {method: kaplan_meier, population: infused, endpoint: efs, at: [6], label: Event-free survival of all}
  os_nobody: {method: kaplan_meier, population: nobody, endpoint: os, by: stratum}
  os_test: {method: log_rank, population: infused, endpoint: os, by: stratum}
  os_cox: {method: cox, population: infused, endpoint: os, covariates: [stratum]}
  model: {method: cox, population: infused, endpoint: os, covariates: [stratum, age], label: Cox model of OS}
  os_by_age: {method: cox_interaction, population: infused, endpoint: os, by: sex, subgroup: age_group, label: OS by age}
  hct: {method: fisher, population: infused, event: present(hct_on), by: sex, label: Allo-HCT by sex}
  age: {method: summary, population: infused, variable: age}
  os_states: {method: simon_makuch, population: infused, endpoint: os, begin: hct_on, at: [6], label: OS by HCT}
  os_landmark: {method: landmark, population: infused, endpoint: os, begin: hct_on, days: [60, 100], label: OS by HCT}
  os_byar: {method: mantel_byar, population: infused, endpoint: os, begin: hct_on}
  os_hct_cox: {method: time_dependent_cox, population: infused, endpoint: os, begin: hct_on}
  os_naive: {method: naive_comparison, population: infused, endpoint: os, begin: hct_on}
  states_nobody: {method: simon_makuch, population: nobody, endpoint: os, begin: hct_on}
  severe_dose: {method: dose_response, population: infused, event: crs >= 3, unknown: left_out, dose: dose, firth: true, label: Severe CRS by dose}
  remission_dose: {method: dose_response, population: infused, event: remission, unknown: left_out, dose: dose, label: Remission by dose}
  told_dose: {method: roc, population: infused, event: crs >= 3, unknown: left_out, score: dose, label: Dose}
  told_age: {method: roc, population: infused, event: crs >= 3, unknown: left_out, score: age, lower: true, label: Low age}
  told_nobody: {method: roc, population: nobody, event: crs >= 3, score: age}
  dose_nobody: {method: dose_response, population: nobody, event: remission, dose: dose}
  relapsed: {method: cumulative_incidence, population: infused, endpoint: relapse, by: stratum, at: [6, 12], label: Relapse}
  died: {method: cumulative_incidence, population: infused, endpoint: relapse, cause: death, by: stratum, label: Death without relapse}
  relapsed_nobody: {method: cumulative_incidence, population: nobody, endpoint: relapse}
  relapsed_gray: {method: gray, population: infused, endpoint: relapse, by: stratum, label: Relapse by stratum}
  missing: {method: missing_response, population: infused, event: remission, label: CR or CRi}
  severe_model: {method: firth_logistic, population: infused, event: crs >= 3, unknown: left_out, covariates: [dose, age], label: Severe CRS}
  others: {method: pool, population: infused, file: FOLDER/trials.csv, n: n, N: N, label: Remission elsewhere}
  others_none: {method: pool, population: infused, file: FOLDER/trials.csv, n: n, N: N, trials: n > 500}
  os_less: {method: survival_difference, population: infused, endpoint: os, by: stratum, at: [6], label: Overall survival}
  less_nobody: {method: survival_difference, population: nobody, endpoint: os, by: stratum}
  "{lab}_{day}": {for: {lab: {crp: CRP, il6: IL6}, day: [0, 7, 14, 99]}, method: summary, population: infused, by: stratum, rows: {table: labs, where: "analyte == '{lab.label}'", at: "days(infused_on, date) == {day}", value: value}, variable: value, label: "{lab.label}, day {day}"}
  "{lab}_change_{day}": {for: {lab: {crp: CRP, il6: IL6}, day: [7, 14, 99]}, method: summary, population: infused, by: stratum, rows: {table: labs, where: "analyte == '{lab.label}'", at: "days(infused_on, date) == {day}", value: value, baseline: "days(infused_on, date) == 0"}, variable: change, label: "Change of {lab.label}, day {day}"}
  dlt: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort, label: DLT}
  dlt_boin: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort, design: boin, target: 0.25, label: DLT}
  dlt_crm: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort, design: crm, skeleton: [0.1, 0.2, 0.4], target: 0.25, label: DLT}
  dlt_mtpi: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort, design: mtpi-2, label: DLT}
  courses: {method: escalation_characteristics, population: infused, design: 3+3, rates: [0.05, 0.2, 0.4], label: 3+3}
  courses_boin: {method: escalation_characteristics, population: infused, design: boin, rates: [0.05, 0.2, 0.4], trials: 500, label: BOIN}
  dlt_nobody: {method: dose_escalation, population: nobody, event: toxic, by: dose_level, cohort: cohort}
  harm: {method: toxicity, population: infused, table: events, term: term, grade: grade, by: stratum, related: grade >= 2, classes: {Pyrexia: General, "Nausea|vomiting": Gut, "Neutrophil count *decreased*": Blood, Seizure: Nerves}, p_values: true, label: Harm}
  harm_by_dose: {method: toxicity, population: infused, table: events, term: term, grade: grade, by: doses, label: Harm}
  harm_nobody: {method: toxicity, population: nobody, table: events, term: term, grade: grade, by: stratum}
  together: {method: combinations, population: infused, sets: {Remission: remission, RR_NAME: arm == 'rr', Severe CRS: lee >= 3, Allo-HCT: present(hct_on)}, label: Together}
  together_nobody: {method: combinations, population: nobody, sets: {Remission: remission, Severe: crs >= 3}}
  "{lab}_test_{day}": {for: {lab: {crp: CRP, il6: IL6}, day: [0, 7, 14]}, method: mann_whitney, population: infused, by: stratum, rows: {table: labs, where: "analyte == '{lab.label}'", at: "days(infused_on, date) == {day}", value: value}, variable: value, label: "{lab.label}, day {day}"}
  together_ranks: {method: correlations, population: infused, variables: [age, dose, crs, lee, order], label: Ranks}
  ranks_nobody: {method: correlations, population: nobody, variables: [age, dose]}
  agrees: {method: calibration, population: infused, event: crs >= 2, unknown: left_out, predicted: risk, groups: 4, label: Published model}
  agrees_nobody: {method: calibration, population: nobody, event: crs >= 2, predicted: risk}
  cr_wilson: {method: proportion, population: infused, event: remission, unknown: no_event, interval: wilson, label: CR or CRi}
  course: {method: mmrm, population: infused, variable: change, by: stratum, visit: day, covariates: [baseline], covariance: [heterogeneous-ar1], rows: {table: levels, at: "day in (14, 21, 28, 60) and not (age < 20 and day == 60)", value: log10(copies) + (age * day - 13 * round(age * day / 13)) / 20, baseline: day == 7}, label: Change of transgene}
  course_nobody: {method: mmrm, population: nobody, variable: value, by: stratum, visit: day, rows: {table: levels, value: copies}}
  alike: {method: weighting, population: infused, by: sex, covariates: [age, stratum, dose, lee], label: Women and men}
  alike_nobody: {method: weighting, population: nobody, by: sex, covariates: [age]}
  os_alike: {method: weighted_kaplan_meier, population: infused, endpoint: os, by: sex, covariates: [age, stratum], at: [6], label: Overall survival}
  cox_alike: {method: weighted_cox, population: infused, endpoint: os, by: sex, covariates: [age, stratum]}
  bent: {method: linear_spline, population: infused, variable: crs, x: age, covariates: [stratum], at: [10, 60], label: Grade of CRS}
  bent_hazard: {method: cox_spline, population: infused, endpoint: os, x: age, knots: 3, label: Hazard of death}
  bent_nobody: {method: logistic_spline, population: nobody, event: crs >= 3, x: age}
  raters: {method: bland_altman, population: infused, first: age, second: change, label: Two raters}
  states_of_all: {method: state_probabilities, population: infused, endpoint: relapse, begin: hct_on, at: [6, 12], label: States}
  states_of_nobody: {method: state_probabilities, population: nobody, endpoint: relapse, begin: hct_on}
  in_remission: {method: current_leukaemia_free_survival, population: infused, endpoint: os, changes: [relapse_on, again_on], at: [6], label: Current}
  in_remission_by: {method: current_leukaemia_free_survival, population: infused, endpoint: os, changes: [relapse_on, again_on], by: stratum, estimator: aalen-johansen, label: Current by stratum}
  in_remission_nobody: {method: current_leukaemia_free_survival, population: nobody, endpoint: os, changes: [relapse_on]}
  raters_nobody: {method: bland_altman, population: nobody, first: crs, second: lee}
figures:
  course_means: {kind: repeated, caption: Means, analysis: course}
  course_double: {kind: repeated, caption: Means, analysis: course, width: double}
  nobody_course_means: {kind: repeated, caption: Means, analysis: course_nobody}
  love: {kind: love_plot, caption: Balance, analysis: alike}
  nobody_love: {kind: love_plot, caption: Balance, analysis: alike_nobody}
  km_alike: {kind: kaplan_meier, caption: Weighted, analyses: [os_alike], tests: [cox_alike]}
  bent_effects: {kind: spline, caption: Effect, analyses: [bent, bent_hazard, bent_nobody], width: double}
  bent_effect: {kind: spline, caption: Effect, analyses: [bent_hazard]}
  nobody_bent: {kind: spline, caption: Effect, analyses: [bent_nobody]}
  raters_apart: {kind: bland_altman, caption: Agreement, analysis: raters}
  nobody_raters_apart: {kind: bland_altman, caption: Agreement, analysis: raters_nobody}
  flow: {kind: flow, caption: Participant flow}
  rates: {kind: rates, caption: Rates, analyses: [cr, cr_rr, cr_nobody, cr_by_dose, severe_by_dose], overall: cr}
  grades: {kind: grades, caption: Grades, population: infused, grades: [crs_grade, lee], by: doses, severe: [severe_by_dose]}
  order: {kind: enrolment_order, caption: Order, population: infused, order: order, y: dose, colour: crs_grade, marker: response, reference: 100000}
  km: {kind: kaplan_meier, caption: Survival, analyses: [os, efs], tests: [os_test, os_cox]}
  km_single: {kind: kaplan_meier, caption: Survival, analyses: [efs], width: single}
  km_options: {kind: kaplan_meier, caption: Survival, analyses: [os], tests: [os_test], least_at_risk: 3, last: 18, lowest: 20, quantiles: [0.5, 0.75], facets: true, svg: text}
  forest_subgroups: {kind: forest, caption: Ratios, analyses: [os_by_age, hct]}
  forest_sides: {kind: forest, caption: Ratios, analyses: [model], favours: {hazard_ratio: [longer survival, shorter survival]}}
  flow_branches: {kind: flow, caption: Participant flow, branches: [evaluable]}
  states: {kind: simon_makuch, caption: Transplant, analysis: os_states, landmark: os_landmark, naive: os_naive, tests: [os_hct_cox, os_byar]}
  stacked_states: {kind: state_probabilities, caption: States, analyses: [states_of_all]}
  in_remissions: {kind: current_leukaemia_free_survival, caption: Current, analyses: [in_remission, in_remission_by], ordinary: [efs]}
  nobody_in_remission: {kind: current_leukaemia_free_survival, caption: Current, analyses: [in_remission_nobody]}
  nobody_stacked_states: {kind: state_probabilities, caption: States, analyses: [states_of_nobody]}
  nobody_states: {kind: simon_makuch, caption: Transplant, analysis: states_nobody}
  dose_curve: {kind: dose_response, caption: Dose, analyses: [severe_dose, remission_dose, dose_nobody], rates: [severe_by_dose]}
  roc: {kind: roc, caption: ROC, analyses: [told_dose, told_age, told_nobody]}
  nobody_roc: {kind: roc, caption: ROC, analyses: [told_nobody]}
  nobody_dose: {kind: dose_response, caption: Dose, analyses: [dose_nobody]}
  incidence: {kind: cumulative_incidence, caption: Competing, analyses: [relapsed, died], tests: [relapsed_gray]}
  nobody_incidence: {kind: cumulative_incidence, caption: Competing, analyses: [relapsed_nobody]}
  trials: {kind: trials, caption: Elsewhere, analyses: [others, others_none], present: [cr, cr_nobody], doses: [low, high], dose: dose}
  claims: {kind: claims, caption: Claims, file: FOLDER/claims.yaml}
  nobody_trials: {kind: trials, caption: Nowhere, analyses: [others_none]}
  swimmer: {kind: swimmer, caption: Swimmer, population: infused, end: last_on, origin: infused_on, marks: [response_on, hct_on, relapse_on], death: died_on, ongoing: missing(died_on), by: stratum, colour: response}
  kinetics: {kind: kinetics, caption: Kinetics, population: infused, table: levels, day: day, value: copies, lower_limit: 50}
  kinetics_by: {kind: kinetics, caption: Kinetics, population: infused, table: levels, day: day, value: copies, by: stratum}
  courses: {kind: courses, caption: Courses, population: infused, table: labs, day: "days(infused_on, date)", value: value, item: analyte, items: [IL6, CRP, LDH], labels: ["IL-6, pg/mL", "CRP, mg/L"], colour: crs_grade}
  strip: {kind: strip, caption: Values, population: infused, y: [age, dose], by: doses}
  scatter: {kind: scatter, caption: Scatter, population: infused, x: dose, y: age, colour: response, log_x: true}
  difference: {kind: survival_difference, caption: Difference, analyses: [os_less]}
  nobody_difference: {kind: survival_difference, caption: Difference, analyses: [less_nobody]}
  lasagna: {kind: lasagna, caption: Daily, population: infused, grades: [fever_grade], table: levels, day: day, treatments: {Antipyretics: copies > 4e4, Cooling: day == 4}, by: doses}
  nobody_lasagna: {kind: lasagna, caption: Daily, population: nobody, grades: [fever_grade]}
  waterfall: {kind: waterfall, caption: Best change, population: infused, y: change, colour: response, marks: {Allo-HCT: present(hct_on)}, highest: 20, references: [-30, 20]}
  nobody_waterfall: {kind: waterfall, caption: Best change, population: nobody, y: change}
  spider: {kind: spider, caption: Changes, population: infused, table: levels, day: day, change: 100 * (copies - 20000) / 20000, label: "Change, %", colour: crs_grade, highest: 200, last_day: 28, references: [-30]}
  nobody_spider: {kind: spider, caption: Changes, population: nobody, table: levels, day: day, change: copies, label: Change}
  visits: {kind: visits, caption: By visit, analyses: [{for: {lab: [crp, il6], day: [0, 7, 14, 99]}, each: "{lab}_{day}"}], titles: ["CRP, mg/L", "IL-6, pg/mL"], visits: [Baseline, Day 7, Day 14, End], references: [50], log: true}
  visit: {kind: visits, caption: By visit, analyses: [age]}
  escalation: {kind: dose_escalation, caption: Way, analysis: dlt, rp2d: one}
  nobody_escalation: {kind: dose_escalation, caption: Way, analysis: dlt_nobody}
  boxes: {kind: boxes, caption: By day, analyses: [{for: {lab: [crp, il6], day: [0, 7, 14]}, each: "{lab}_{day}"}], tests: [{for: {lab: [crp, il6], day: [0, 7, 14]}, each: "{lab}_test_{day}"}], titles: ["CRP, mg/L", "IL-6, pg/mL"], visits: [Baseline, Day 7, Day 14], log: true}
  violins: {kind: boxes, caption: By day, analyses: [{for: {lab: [crp], day: [0, 7, 14, 99]}, each: "{lab}_{day}"}], titles: ["CRP, mg/L"], visits: [Baseline, Day 7, Day 14, End], shape: violin}
  ranks: {kind: correlations, caption: Ranks, analysis: together_ranks}
  nobody_ranks: {kind: correlations, caption: Ranks, analysis: ranks_nobody}
  agreement: {kind: calibration, caption: Agreement, analyses: [agrees, agrees_nobody]}
  nobody_agreement: {kind: calibration, caption: Agreement, analyses: [agrees_nobody]}
  dots: {kind: event_dots, caption: Events, analysis: harm}
  dots_severe: {kind: event_dots, caption: Events, analysis: harm_by_dose, severe: true, at_least: 45}
  nobody_dots: {kind: event_dots, caption: Events, analysis: harm_nobody}
  butterfly: {kind: butterfly, caption: Events, analysis: harm}
  nobody_butterfly: {kind: butterfly, caption: Events, analysis: harm_nobody}
  upset: {kind: upset, caption: Together, analysis: together, most: 7}
  nobody_upset: {kind: upset, caption: Together, analysis: together_nobody}
  forest: {kind: forest, caption: Ratios, analyses: [hct, model], overall: hct}
  specification: {kind: specification, caption: Choices, analyses: [cr, cr_rr, cr_wilson, cr_nobody, missing], effects: [remission_dose, severe_model], published: cr_rr}
  alluvial: {kind: alluvial, caption: Ways, population: infused, columns: [stratum, response, crs_grade], colour: response}
  heatmap: {kind: heatmap, caption: Features, population: infused, features: [age, dose, sex, doses], outcomes: [response, crs_grade]}
  nobody_alluvial: {kind: alluvial, caption: Ways, population: nobody, columns: [stratum, response]}
  nobody_heatmap: {kind: heatmap, caption: Features, population: nobody, features: [age], outcomes: [response]}
  nobody_specification: {kind: specification, caption: Choices, analyses: [cr_nobody]}
  nobody_km: {kind: kaplan_meier, caption: Nobody, analyses: [os_nobody]}
  nobody_grades: {kind: grades, caption: Nobody, population: nobody, grades: [crs_grade], by: doses}
  nobody_swimmer: {kind: swimmer, caption: Nobody, population: nobody, end: last_on, origin: infused_on, marks: [hct_on]}
  nobody_kinetics: {kind: kinetics, caption: Nobody, population: nobody, table: levels, day: day, value: copies}
  nobody_order: {kind: enrolment_order, caption: Nobody, population: nobody, order: order, y: dose, colour: crs_grade}
  nobody_strip: {kind: strip, caption: Nobody, population: nobody, y: [age], by: doses}
tables: {}
"""

# a trial in which nobody was treated: a plan that allows for it
UNTREATED = PLAN.replace(
    "infused: {label: Infused}", "infused: {label: Infused, condition: age > 500, may_be_empty: true}"
)

# B shares patients with C and is the smaller one; D has no counts.
TRIALS = """trial,n,N,low,high,overlaps
A,9,10,1e5,2e6,
B,4,9,1e6,1e6,C
C,30,50,1e4,2.06e7,B
D,,40,1e4,,
E,20,20,,,
"""

CLAIMS = """
sources: {paper: {title: Paper}}
claims:
  cr: {quote: "40 of 51", label: CR or CRi, source: paper, published: {n: 40, N: 51, percent: 78.4}, analysis: cr, alternatives: [cr_rr, cr_nobody]}
  follow: {quote: "median 10 (2 to 20)", label: Age, source: paper, published: {median: 30, min: 2, max: 67}, analysis: age}
  severe: {quote: "mostly mild", label: Severity of CRS in all of the participants with any toxicity, source: paper, not_checkable: no number}
"""

NAMES = {"RR_NAME": "R/R", "MRD_NAME": "MRD+", "A_NAME": "5 or more", "EMPTY_NAME": "Unknown dose", "NOTICE": "true"}
LONG = {
    "RR_NAME": "Relapsed after or refractory to at least two lines of intensive chemotherapy",
    "MRD_NAME": "Measurable residual disease by multiparameter flow cytometry only",
    "A_NAME": "Five times ten to the fifth cells per kilogram of body weight or more",
    "EMPTY_NAME": "Dosierungsgruppenzuordnungsunsicherheit",
    "NOTICE": "true",
}


def small(
    folder, n: int = 51, events: bool = True, names: dict = NAMES, plan: str = PLAN, notice: bool = True
) -> Results:
    """The results of the synthetic study with `n` participants. events: whether anyone relapses or dies."""
    (folder / "trials.csv").write_text(TRIALS, encoding="utf-8")
    (folder / "claims.yaml").write_text(CLAIMS, encoding="utf-8")
    texts = {"study": STUDY, "plan": plan.replace("FOLDER", folder.as_posix())}
    for name, text in texts.items():
        for key, value in {**names, "NOTICE": "true" if notice else "false"}.items():
            text = text.replace(key, value if key == "NOTICE" else f'"{value}"')
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    study = load_study(folder / "study.yaml")
    loaded = load_plan(folder / "plan.yaml", study)
    tables = _tables(n, events)
    built = cohort.build(study, loaded, tables)
    ard, curves, participants = analysis.run(study, loaded, built.subjects, built.daily, tables)
    about = ["group", "group_label", "level", "level_label"]
    curves[about] = curves[about].fillna("").astype(str)
    return Results(study, loaded, built.subjects, built.daily, built.flow, ard, curves, participants, tables)


def _tables(n: int, events: bool) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(20170508)
    start = pd.Timestamp("2014-11-12")
    infused = start + pd.to_timedelta(np.sort(random.integers(0, 700, n)), unit="D")
    dose = np.round(10 ** random.normal(5.2, 0.5, n), -2)
    crs = random.choice([0, 1, 2, 3, 4], n, p=[0.1, 0.45, 0.3, 0.1, 0.05])
    death = infused + pd.to_timedelta(random.exponential(500, n).astype(int) + 20, unit="D")
    relapse = infused + pd.to_timedelta(random.exponential(600, n).astype(int) + 35, unit="D")
    cutoff = pd.Timestamp("2016-12-31")
    died = pd.Series(death).where((death <= cutoff) & events)
    last = died.fillna(cutoff)
    response = pd.Series(random.choice(["CR", "CRi", "NR"], n, p=[0.6, 0.25, 0.15]), dtype="string")
    response[::17] = pd.NA
    relapse = pd.Series(relapse).where((pd.Series(relapse) <= last) & response.isin(["CR", "CRi"]) & events)
    who = pd.Series([f"P{i:05d}" for i in range(n)], dtype="string")
    hct = pd.Series(infused + pd.to_timedelta(random.integers(41, 120, n), unit="D"))
    hct = hct.where((random.random(n) < 0.5) & (hct < last) & ~(relapse < hct))
    patients = pd.DataFrame(
        {
            "who": who,
            "arm": pd.Series(np.where(random.random(n) < 0.2, "mrd", "rr"), dtype="string"),
            "dose_group": pd.Series(np.where(dose >= 5e5, "a", np.where(dose >= 1e5, "b", "c")), dtype="string"),
            "order": pd.Series(range(1, n + 1), dtype="Int64"),
            "dose": pd.Series(dose, dtype="Float64"),
            "age": pd.Series(random.integers(2, 68, n), dtype="Float64"),
            "sex": pd.Series(random.choice(["F", "M"], n), dtype="string"),
            "crs": pd.Series(crs, dtype="Int64"),
            "lee": pd.Series(crs, dtype="Int64").mask(random.random(n) < 0.1),
            "response": response,
            "infused_on": infused,
            "response_on": pd.Series(infused + pd.Timedelta(days=29)).where(
                response.isin(["CR", "CRi"]) & (last > infused + pd.Timedelta(days=29))
            ),
            "hct_on": hct,
            "relapse_on": relapse,
            "again_on": (relapse + pd.Timedelta(days=40)).where(
                (relapse + pd.Timedelta(days=40) < last) & (who.index % 3 > 0)
            ),
            "died_on": died,
            "last_on": last,
        }
    )
    days = [0, 4, 7, 11, 14, 21, 28, 60]
    shape = np.array([50, 2e3, 2e4, 6e4, 4e4, 8e3, 2e3, 200])
    levels = pd.DataFrame(
        {
            "who": np.repeat(who, len(days)).reset_index(drop=True),
            "day": pd.Series(np.tile(days, n), dtype="Int64"),
            "copies": np.maximum(np.tile(shape, n) * np.repeat(10 ** random.normal(0, 0.5, n), len(days)), 50),
        }
    )
    levels["copies"] = levels["copies"].astype("Float64")
    labs = pd.DataFrame(
        [
            (w, start + pd.Timedelta(days=int(d)), a, float(10 ** (1.5 + d / 14 + 0.2 * g)))
            for w, start, g in zip(who, infused, crs, strict=True)
            for a in ("IL6", "CRP")
            for d in (0, 7, 14)
        ],
        columns=["who", "date", "analyte", "value"],
    ).astype({"who": "string", "date": "datetime64[us]", "analyte": "string", "value": "Float64"})
    terms = ["Pyrexia", "Nausea|vomiting", "Neutrophil count *decreased*", "Seizure"]
    events_table = pd.DataFrame(
        [(w, t, int(g)) for w in who for t, g in zip(terms, random.integers(0, 6, 4), strict=True) if g],
        columns=["who", "term", "grade"],
    ).astype({"who": "string", "term": "string", "grade": "Int64"})
    return {"patients": patients, "levels": levels, "labs": labs, "events": events_table}
