"""The drafting room: from a folder of files to a dictionary, a plan and a manuscript that run, with the questions left open.

    Draft(name, sources, given).files()      everything that `trialpress new` writes, path -> text

| file | idea |
|---|---|
| layout | where a file's header is, and how it is to be read: encoding, delimiter, sheets, footnotes |
| facts | a raw column in numbers: its distinct cells, how many look like what |
| header | what a header says: name, label, unit, codes |
| known, redcap, cdisc, codebook | metadata, recognised by content |
| infer | the type of a column, over all of its rows |
| people | whether a column may tell who a participant is |
| keys, blocks | which columns name a row; wide tables made long |
| questions | what only a person can answer; answers replay |
| tables, dictionary | study.yaml |
| plan, manuscript | plan.yaml and what prints it |
| new | the command: copies, files, the first run and what it says |

Each entry of the draft is marked: `certain` (stated by the files themselves, or true of every cell with no second reading),
`likely` (inferred), or ASK with the number of a question.
"""
