"""The engine that turns the raw records of a trial into its publication.

One room per stage (clean, cohort, analysis, figures, tables, report, audit); `stats` holds the pure statistics
that the analysis stage calls. Nothing in here knows Snakemake, and nothing in here knows a particular study.
"""
