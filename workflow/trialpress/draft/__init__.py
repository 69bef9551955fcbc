"""The drafting room: from a folder of files to a dictionary, a plan and a manuscript that run, with the questions left open.

    new(Given("mytrial", paths, directory))      everything that `trialpress new` does

| file | idea |
|---|---|
| new | the command: copies, files, the first run and what it says (advice); folder: a study's own |
| layout | where a file's header is, and how it is to be read: encoding, delimiter, sheets, footnotes |
| metadata; redcap, cdisc, codebook; known | which files are metadata, told by content, and what they say |
| facts, header | a raw column in numbers; what its header says |
| infer; stated, moments, numbers, words; entry | the type of a column over all of its rows, and how sure it is |
| people, held | what may tell who a participant is, and is held back |
| tables; blocks, repeating, units, logic | from files to tables: wide ones made long, instruments apart, units by analyte, checks |
| relations, keys; drafted | the table of the cohort, the spelling of ids, which columns name a row, references |
| questions, yaml | what only a person can answer, and its replay; YAML as a person would write it |
| dictionary, plan, manuscript | study.yaml, plan.yaml, and what prints it |
| server | the export of a REDCap project |

Each entry of the draft is marked: `certain` (stated by the files themselves, or true of every cell with no second reading),
`likely` (inferred), or ASK with the number of a question.
"""
