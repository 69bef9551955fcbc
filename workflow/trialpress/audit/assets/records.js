// The records; goes on where table.js ends.

// --- records: as find, closure, cell, part_of, spread and record_of in audit/trace/reading.py ---

const entries = new Map();
for (const [name, record] of Object.entries(trace.records)) for (const entry of record.results ?? []) entries.set(entry.id, [name, entry]);
function find(number) {
  const own = trace.records[number] && [number, entries.get(number)?.[1] ?? null, ""];
  if (own) return own;
  if (entries.has(number)) return [...entries.get(number), ""];
  const at = number.lastIndexOf("."), found = entries.get(number.slice(0, at));
  return found && number.slice(at + 1) in found[1].printed ? [...found, number.slice(at + 1)] : null;
}
// A large trace lies in parts: the members of a record, and the values, evidence, rows and cells of some participants.
const pieces = trace.parts ? [] : [trace];
const pieceAt = (at) => (trace.parts ? trace.parts.findLastIndex((first) => first <= at) : 0);
async function pieceOf(at) { return pieces[pieceAt(at)] ??= spread(await read(`trace/${numbered("participants", pieceAt(at))}`)); }
function spread({ first, values, evidence, rows, cells }) { // a part, which lies by columns, in the form of the trace
  const column = (found) => found.codes?.map((code) => found.values[code]) ?? found;
  const each = (found, of) => Object.fromEntries(Object.entries(found).map(([name, one]) => [name, of(one)]));
  const people = (start, of) => Object.fromEntries(start.slice(1).map((end, i) => [first + i, of(i, start[i], end)]));
  const together = (columns) => columns[0].map((_, i) => columns.map((one) => one[i]));
  return {
    first, values: each(values, column),
    evidence: each(evidence, (one) => people(one.start, (i, start, end) => ({ cells: one.cells.slice(start, end), rows: one.rows?.[i], of: one.of?.[i] }))),
    rows: each(rows, (one) => {
      const runs = together(["file", "first", "last"].map((name) => column(one[name])));
      return people(one.start, (i, start, end) => runs.slice(start, end));
    }),
    cells: together(Object.values(cells).map(column)),
  };
}
async function membersOf(name) {
  const record = trace.records[name];
  if (!record.results || record.everyone) return;
  const { who, ...rest } = await read(`trace/${numbered("record", Object.keys(trace.records).indexOf(name))}`);
  Object.assign(record, rest);
  who.forEach((counted, i) => { record.results[i].who = counted; });
}
function cellOf(piece, number) {
  const [place, key, row, text, clean, rule] = piece.cells[number];
  const [table, field, file, column] = trace.places[place];
  return { table, field, file, column, key, row, raw: text, clean, rule: rule < 0 ? "" : trace.rules[rule] };
}
let readers; // column -> records that read it, made when first asked for
function usesOf(piece) { // cell -> columns that it decided
  if (piece.uses) return piece.uses;
  piece.uses = new Map();
  for (const [column, rows] of Object.entries(piece.evidence)) for (const { cells } of Object.values(rows)) for (const number of cells) {
    const { table, key, field, row } = cellOf(piece, number), at = JSON.stringify([table, key, field, String(row)]);
    if (!piece.uses.has(at)) piece.uses.set(at, new Set());
    piece.uses.get(at).add(column);
  }
  return piece.uses;
}
function numbersOf(piece, table, key, field, row) {
  if (!readers) {
    readers = new Map();
    for (const [name, record] of Object.entries(trace.records)) {
      const waiting = [...(record.columns ?? [])], seen = new Set();
      while (waiting.length) {
        const column = waiting.pop();
        if (seen.has(column)) continue;
        seen.add(column);
        waiting.push(...trace.columns[column].from);
        if (!readers.has(column)) readers.set(column, new Set());
        readers.get(column).add(name);
      }
    }
  }
  const found = new Set();
  for (const column of usesOf(piece).get(JSON.stringify([table, key, field, row])) ?? []) for (const name of readers.get(column) ?? []) found.add(name);
  return [...found];
}

const MANY = 200; // participants that are listed; the others are found by their id
function people(members, hash, current, mark) {
  const who = (at) => trace.participants[at];
  const list = h("ul", { class: "people" });
  const fill = (some) => list.replaceChildren(...some.slice(0, MANY).map((at) =>
    h("li", {}, h("a", { href: hash === null ? personLink(who(at)) : `#${encodeURIComponent(hash)}@${encodeURIComponent(who(at))}`, "aria-current": who(at) === current && "true" }, who(at)))),
    ...(some.length ? [] : [h("li", { class: "faint" }, mark)]));
  fill(members);
  if (members.length <= MANY) return list;
  const search = h("input", { type: "search", oninput: () => fill(members.filter((at) => who(at).includes(search.value.trim()))) });
  return h("div", {}, h("div", { class: "bar" }, h("label", {}, `The first ${count(MANY)} of ${count(members.length)}; find`, search)), list);
}
function way(piece, names, at, seen = new Set()) {
  return h("ul", {}, names.map((name) => {
    const about = trace.columns[name], again = seen.has(name);
    seen.add(name);
    const value = piece.values[name]?.[at - (piece.first ?? 0)], evidence = piece.evidence[name]?.[at];
    const head = h("div", {}, h("strong", {}, name), value === undefined ? null : [" = ", value === "" ? h("span", { class: "blank" }, "missing") : code(value)],
      about.label && about.label !== name ? h("span", { class: "faint" }, ` ${about.label}${about.unit ? `, ${about.unit}` : ""}`) : null);
    if (again) return h("li", {}, h("strong", {}, name), h("span", { class: "how" }, " as above"));
    return h("li", {}, head,
      h("div", { class: "how" }, about.how),
      evidence?.of === undefined ? null : h("div", { class: "how" }, `${evidence.rows} of ${evidence.of} rows of ${about.table} decided`,
        (piece.rows[about.table][at] ?? []).map(([file, first, last], i) => `${i ? ", " : `; ${about.fields.join(", ")} looked at in `}${file} rows ${first} to ${last}`)),
      evidence?.cells.length ? rawCells(evidence.cells.map((number) => cellOf(piece, number))) : null,
      about.from.length ? way(piece, about.from, at, seen) : null);
  }));
}
function rawCells(cells) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Raw cells" }, h("table", { class: "cells" },
    h("thead", {}, h("tr", {}, ["File", "Row", "Column", "Raw", "Clean", "Rule"].map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, cells.map((cell) => h("tr", {}, h("td", {}, cell.file), h("td", { class: "right" }, String(cell.row)), h("td", {}, headed(cell.table, cell.field, cell.column)),
      h("td", {}, raw(cell.raw)), h("td", { class: cell.rule && "changed" }, raw(cell.clean)), h("td", {}, cell.rule))))));
}

// What a record is headed by: [statistic or phrase, text], as in `MAIN` of report/variables.py, what an interval is of first.
const MAIN = ["estimate", "odds_ratio", "hazard_ratio", "risk_ratio", "ratio", "geometric_mean", "median", "rate_ratio", "win_ratio", "rate", "mean", "kappa", "auc", "observed", "p_value", "n", "N"];
function headline({ printed, statistics }, part) {
  const own = statistics.map(([name]) => name), main = MAIN.find((name) => own.includes(name)) ?? own.find((name) => !/_(low|high)$/.test(name)) ?? own[0];
  if (part) return [part, printed[part]];
  if (printed.text) return [`${printed.count && printed.text.startsWith(printed.count) ? "n/N, " : ""}${main} with its interval`, printed.text];
  return ["n", "N"].includes(main) && printed.count ? ["n/N", printed.count] : [main, printed[main]];
}

// hash: the id of a number; nth: which of its places in the manuscript led here, from 1
function recordView(hash, current, nth) {
  const [name, entry, part] = find(hash), record = trace.records[name];
  const out = [h("h1", {}, record.label), h("p", { class: "faint" }, "Record ", code(name), entry && entry.id !== name ? [", here ", code(entry.id)] : "")];
  if (record.printed !== undefined) {
    out.push(h("p", { class: "printed" }, record.printed), inManuscript(name));
    if (record.kind === "clean") {
      const view = { changes: "cleaning", queries: "queries", rejected: "rejected", rows: "cleaning" }[record.log];
      out.push(h("p", {}, "Counted in ", code(`clean/${record.log}.csv`), record.filter ? [", rows with ", code(record.filter)] : "", ": ", h("a", { href: `#/${view}` }, "see the rows"), "."));
    } else out.push(h("p", {}, "Set in ", code("plan.yaml"), "."));
    return out;
  }
  const here = part ? `${entry.id}.${part}` : entry ? entry.id : name, clicked = placesOf.get(here)?.[nth - 1];
  if (clicked !== undefined) out.push(h("p", { class: "printed" }, inPlace("text", clicked)), h("p", { class: "faint" }, placeOf(clicked)));
  else if (entry) out.push(...((what, text) => [h("p", { class: "printed" }, text), h("p", { class: "faint" }, "This is ", code(what), ".")])(...headline(entry, part)));
  out.push(inManuscript(here));
  const terms = [];
  const term = (key, ...value) => terms.push(h("dt", {}, key), h("dd", {}, ...value));
  if (record.method) {
    const { text, references } = trace.methods[record.method];
    term("Method", code(record.method), h("p", {}, text.replaceAll(/\s*\n/g, " ")),
      references.length ? h("details", {}, h("summary", {}, "The statistics it calls, with their sources"), references.map((doc) => h("p", { class: "doc" }, doc))) : null);
    term("In the plan", Object.entries(record.plan).map(([key, value]) => h("div", {}, `${key}: `, code(typeof value === "string" ? value : JSON.stringify(value)))));
  }
  if (record.condition) term("Condition", code(record.condition));
  if (record.plan?.file) term("Participants", "of other trials, as published in ", code(record.plan.file), ".");
  else term("Population", h("ol", { class: "chain" }, trace.populations[record.population].map((within) => h("li", {}, h("a", { href: `#population.${within.id}` }, within.label), ` (n = ${within.n})`,
    within.condition === "true" ? "" : [": ", code(within.condition)], within.definition ? h("div", { class: "faint" }, within.definition) : null))));
  out.push(h("dl", {}, terms));
  const lines = record.results.flatMap((result) => result.statistics.map(([statistic, value, display, method, note, origin], i) => {
    const once = (text, at) => (i && result.statistics[i - 1][at] === text ? "" : text);
    return { here: entry && entry.id !== name && result === entry,
      cells: [i ? "" : anchor(result.id), i ? "" : result.group_label, i ? "" : result.level_label, statistic, display, value === null ? "" : String(value), origin, once(method, 3), once(note, 4)] };
  }));
  const heads = ["Id", "Group", "Level", "Statistic", "Printed", "Value", "Origin", "Method", "Note"].map((text, i) => [text, i, (i === 4 || i === 5) && "right"])
    .filter(([, i]) => lines.some(({ cells }) => cells[i] !== ""));
  if (lines.length) out.push(h("h2", {}, "Results"), h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map(([text, , side]) => h("th", { scope: "col", class: side }, text)))),
    h("tbody", {}, lines.map(({ here, cells }) => h("tr", { class: here && "here" }, heads.map(([, i, side]) => h("td", { class: side }, cells[i]))))))));
  const at = trace.participants.indexOf(current);
  if (current && at >= 0) {
    out.push(h("h2", { id: "participant", tabindex: -1 }, `Participant ${current}: from the number to the raw cells`), h("p", {}, h("a", { href: personLink(current) }, `All of ${current}`)),
      h("p", { class: "faint" }, "Counted in ", (entry ? [entry] : record.results).flatMap((result) => Object.entries(result.who).filter(([, members]) => members.includes(at)).map(([statistic]) => `${result.id}.${statistic}`)).join(", ") || "no count of this record", "."),
      h("div", { class: "way" }, way(pieces[pieceAt(at)], record.columns, at)));
    const within = trace.columns[record.population];
    if (within && record.kind === "analysis") out.push(h("details", {}, h("summary", {}, `Why in the population ${record.population}`), h("div", { class: "way" }, way(pieces[pieceAt(at)], [record.population], at))));
  }
  if (record.plan?.file) return out;
  out.push(...touching(name), ...atRisk(record));
  out.push(h("h2", {}, "Participants counted"), h("p", { class: "faint" }, "Follow one to the raw cells."));
  const counting = (entry ? [entry] : record.results).filter((result) => Object.keys(result.who).length);
  for (const result of counting) {
    const n = new Set(result.who.n);
    const lists = Object.entries(result.who).map(([statistic, members]) => {
      const rest = statistic === "N" && result.who.n ? members.filter((member) => !n.has(member)) : members;
      const what = rest === members ? `In ${statistic} (${members.length})` : `In N (${members.length}), not in n (${rest.length})`;
      return h("div", {}, h("span", { class: "faint" }, what), people(rest, hash, current, "nobody"));
    });
    if (counting.length === 1) out.push(...lists);
    else out.push(h("details", { open: counting.length < 4 }, h("summary", {}, [result.group_label, result.level_label].filter(Boolean).join(", ") || result.id), lists));
  }
  if (!counting.length) out.push(people(record.everyone, hash, current, "nobody"));
  if (record.left_out?.length) out.push(h("h2", {}, "Participants not counted"), ...record.left_out.map(([text, members]) => h("div", {}, h("span", { class: "faint" }, text), people(members, hash, current, "nobody"))));
  return out;
}

// --- what else is known of a record: its places in the manuscript, open queries, all at risk ---

const personLink = (who) => `#/participant?who=${encodeURIComponent(who)}`;
function headed(table, field, column) { // a column's own head, and what the dictionary calls it
  const label = data.labels[table]?.[field] ?? field;
  return label && label !== column ? [h("span", { class: "raw" }, column), h("span", { class: "label" }, label)] : column;
}
const { rows: nPlaces, columns: placed } = data.places, inPlace = (name, row) => placed[name].values[placed[name].codes[row]];
const placesOf = new Map(); // number -> rows of `places`, in the order in which the manuscript prints it
for (let row = 0; row < nPlaces; row++) { const id = inPlace("number", row); if (id && !placesOf.has(id)) placesOf.set(id, []); placesOf.get(id)?.push(row); } // a sentence without a number has no id
const sought = (text) => encodeURIComponent(text.length > 80 ? text.slice(0, 80).replace(/\s\S*$/, "") : text).replaceAll("-", "%2D");
const back = (row) => { const id = inPlace("number", row); return !id ? `../report/manuscript.html#:~:text=${sought(inPlace("where", row))}` : `../report/manuscript.html#number=${encodeURIComponent(id)}~${placesOf.get(id).indexOf(row) + 1}`; };
const placeOf = (row) => `${inPlace("kind", row) === "text" ? "" : `${title(inPlace("kind", row))}: `}${inPlace("before", row)}${inPlace("where", row)}`;
function inManuscript(id) {
  const rows = placesOf.get(id) ?? [...placesOf].filter(([other]) => other.startsWith(`${id}.`)).flatMap(([, found]) => found);
  if (!rows.length) return null;
  const line = (row) => h("li", {}, `${placeOf(row)} `, h("a", { href: back(row) }, `Back to ${inPlace("text", row) || "the text"}`));
  return h("details", { open: rows.length < 4 }, h("summary", {}, `In the manuscript: ${count(rows.length)} ${rows.length === 1 ? "place" : "places"}`), h("ul", {}, rows.slice(0, MANY).map(line)));
}
let fields; // table.field -> columns that its cells can decide, themselves or through others
function readersOf(field) {
  if (!fields) {
    fields = new Map();
    for (const [column, { reads }] of Object.entries(trace.columns)) for (const one of reads ?? []) fields.set(one, [...(fields.get(one) ?? []), column]);
    numbersOf(trace.parts ? { evidence: {}, cells: [] } : trace, "", "", "", ""); // makes `readers`
  }
  return new Set((fields.get(field) ?? []).flatMap((column) => [...(readers.get(column) ?? [])]));
}
const whose = (key) => key.split("/").find((word) => numberOf(word) !== undefined);
const rowsOf = (name) => Array.from({ length: tables[name]?.rows ?? 0 }, (_, row) => row);
const moves = new Map(); // query -> rows of query_effects
for (const row of rowsOf("query_effects")) { const id = value(tables.query_effects, row, "query"); moves.set(id, [...(moves.get(id) ?? []), row]); }
function touched(query) { // the records that read the field and work on the participant; null: not known
  const [table, field, key] = ["table", "field", "key"].map((column) => value(tables.queries, query, column)), at = numberOf(whose(key) ?? "");
  if (!field || at === undefined) return null;
  return [...readersOf(`${table}.${field}`)].filter((name) => (trace.records[name].everyone ?? [at]).includes(at) || trace.records[name].left_out?.some(([, out]) => out.includes(at)));
}
function movesOf(id, only) {
  const rows = (moves.get(id) ?? []).filter((row) => !only || value(tables.query_effects, row, "analysis") === only), of = (row, column) => value(tables.query_effects, row, column);
  const [plain, moved] = [rows.filter((row) => !of(row, "analysis")), rows.filter((row) => of(row, "analysis"))];
  return [...plain.map((row) => h("p", { class: "faint" }, title(of(row, "what")))),
    moved.length ? h("details", {}, h("summary", {}, `${title(of(moved[0], "what"))}: ${count(moved.length)} ${moved.length === 1 ? "statistic moves" : "statistics move"}`),
      h("ul", {}, moved.map((row) => h("li", {}, anchor(of(row, "analysis")), ` ${["group", "level", "statistic"].map((name) => of(row, name)).filter(Boolean).join(", ")}: ${of(row, "now")} \u2192 ${of(row, "otherwise")}`)))) : null];
}
function touching(name) {
  if (tables.queries.parts) return [];
  const found = rowsOf("queries").filter((row) => value(tables.queries, row, "state") === "open" && value(tables.queries, row, "severity") === "error" && touched(row)?.includes(name));
  if (!found.length) return [];
  const one = (row) => { const id = value(tables.queries, row, "id"), said = movesOf(id, name);
    return h("li", {}, h("a", { href: `#/queries?queries.q=${id}` }, id), ` ${whose(value(tables.queries, row, "key"))}: ${value(tables.queries, row, "message")}`,
      said.length ? said : h("p", { class: "faint" }, (moves.get(id) ?? []).some((at) => value(tables.query_effects, at, "analysis")) ? "No number of this record moves" : null), movesOf(id).filter((part) => !said.length && part?.tagName === "P")); };
  return [h("h2", {}, "Open error queries that touch it"), h("ul", {}, found.map(one))];
}
// Everybody at risk: of each participant the time and how it ended; at risk at a time are all whose time is not shorter.
function atRisk(record) {
  const endpoint = record.plan?.endpoint, time = `${endpoint}_time`, event = trace.columns[`${endpoint}_event`] ? `${endpoint}_event` : `${endpoint}_cause`;
  const groups = endpoint ? record.results.filter(({ who, level }) => who?.n && level === "") : [];
  if (!groups.length || !trace.columns[time] || !trace.columns[event]) return [];
  const fill = async (of, box) => {
    await Promise.all([...new Set(of.who.n.map(pieceAt))].map((at) => pieceOf(trace.parts ? trace.parts[at] : 0)));
    const valueOf = (at, column) => { const piece = pieces[pieceAt(at)]; return piece.values[column][at - (piece.first ?? 0)]; };
    const rows = of.who.n.map((at) => [trace.participants[at], Number(valueOf(at, time)), valueOf(at, event)]).sort(([, a], [, b]) => a - b);
    const lines = rows.map(([who, t, end]) => [who, String(t), { true: "event", false: "censored", 0: "censored" }[end] ?? `event ${end}`, String(rows.filter(([, other]) => other >= t).length)]);
    const unit = trace.columns[time].unit || "days";
    box.append(dataTable("at_risk", { table: fromRows(["participant", `time in ${unit}`, "end", "at risk"], lines), words: "participant", filters: ["end"], right: [`time in ${unit}`, "at risk"],
      show: { participant: (who) => h("a", { href: personLink(who) }, who) } }).element);
  };
  return [h("h2", {}, "All at risk"), ...groups.map((of) => { const box = h("details", { ontoggle: () => { if (box.children.length === 1) fill(of, box); } }, h("summary", {}, `${of.group_label || "All"}: ${count(of.who.n.length)} participants, by time`)); return box; })];
}
