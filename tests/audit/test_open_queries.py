"""What open queries do to the numbers: what is derived anew for one of them."""

from __future__ import annotations

from trialpress import cohort
from trialpress.audit.open_queries import Trial, Variant
from trialpress.errors import InputError

EACH = 3  # values of a field that are taken away, each in a copy of its participant


def variants_of(trial: Trial):
    """Some values of every field that is read, taken away."""
    read = set().union(*trial.reads.values())
    for table, frame in trial.results.tables.items():
        for field in (field for field in frame if f"{table}.{field}" in read and field != trial.who):
            known = frame[field].notna() & frame[trial.who].astype(str).isin(trial.known.index)
            for row in known.to_numpy().nonzero()[0][:: max(1, int(known.sum()) // EACH)][:EACH].tolist():
                who = str(frame[trial.who].iloc[row])
                yield Variant(f"{table}.{field}.{row}", "", table, field, row, who, None)


def test_whatever_a_query_moves_is_derived_anew(audited):
    trial = Trial(audited.results, audited.traced, audited.logs["queries"])
    variants, made = list(variants_of(trial)), None
    while made is None:
        try:
            made = cohort.build(trial.study, trial.plan, trial.clean.copies(variants), everyone=False).subjects
        except InputError as error:  # without some values no cohort is built: those are none here
            refused = [variant for variant in variants if variant.copy in str(error)]
            assert refused
            variants = [variant for variant in variants if variant not in refused]
    theirs = made.set_index(made[trial.who].astype(str))
    anew = {field: trial.anew([one]) for one in variants for field in [f"{one.table}.{one.field}"]}
    moved = 0
    for variant in variants:
        if variant.copy not in theirs.index:  # its row of the cohort's own table is gone
            continue
        before, after = trial.known.loc[variant.who], theirs.loc[variant.copy]
        differ = {
            name for name in trial.plan.derived if str(before[name]) != str(after[name])
        }  # fmt: skip
        assert differ <= anew[f"{variant.table}.{variant.field}"] | trial.ordered, variant
        moved += bool(differ)
    assert moved > 20 and len(anew) > 20
    assert min(map(len, anew.values())) < len(trial.plan.derived) / 3  # and not everything
