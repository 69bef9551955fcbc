// The records and the parts of the page; goes on where table.js ends.

// --- records: as find, closure, cell, part_of and record_of in audit/trace/reading.py ---

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
async function pieceOf(at) { return pieces[pieceAt(at)] ??= await read(`trace/${numbered("participants", pieceAt(at))}`); }
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
    h("li", {}, h("a", { href: `#${encodeURIComponent(hash)}@${encodeURIComponent(who(at))}`, "aria-current": who(at) === current && "true" }, who(at)))),
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
  return h("div", { class: "scroll" }, h("table", { class: "cells" },
    h("thead", {}, h("tr", {}, ["File", "Row", "Column", "Raw", "Clean", "Rule"].map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, cells.map((cell) => h("tr", {}, h("td", {}, cell.file), h("td", { class: "right" }, String(cell.row)), h("td", {}, cell.column),
      h("td", {}, raw(cell.raw)), h("td", { class: cell.rule && "changed" }, raw(cell.clean)), h("td", {}, cell.rule))))));
}

function recordView(hash, current) {
  const [name, entry, part] = find(hash), record = trace.records[name];
  const out = [h("h1", {}, record.label), h("p", { class: "faint" }, "Record ", code(name), entry && entry.id !== name ? [", here ", code(entry.id)] : "")];
  if (record.printed !== undefined) {
    out.push(h("p", { class: "printed" }, record.printed));
    if (record.kind === "clean") {
      const view = { changes: "cleaning", queries: "queries", rejected: "rejected", rows: "cleaning" }[record.log];
      out.push(h("p", {}, "Counted in ", code(`clean/${record.log}.csv`), record.filter ? [", rows with ", code(record.filter)] : "", ": ", h("a", { href: `#/${view}` }, "see the rows"), "."));
    } else out.push(h("p", {}, "Set in ", code("plan.yaml"), "."));
    return out;
  }
  const phrase = entry && (entry.printed[part] ?? entry.printed.text ?? entry.printed.count ?? Object.values(entry.printed)[0]);
  if (phrase) out.push(h("p", { class: "printed" }, phrase));
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
    out.push(h("h2", { id: "participant" }, `Participant ${current}: from the number to the raw cells`),
      h("p", { class: "faint" }, "Counted in ", (entry ? [entry] : record.results).flatMap((result) => Object.entries(result.who).filter(([, members]) => members.includes(at)).map(([statistic]) => `${result.id}.${statistic}`)).join(", ") || "no count of this record", "."),
      h("div", { class: "way" }, way(pieces[pieceAt(at)], record.columns, at)));
    const within = trace.columns[record.population];
    if (within && record.kind === "analysis") out.push(h("details", {}, h("summary", {}, `Why in the population ${record.population}`), h("div", { class: "way" }, way(pieces[pieceAt(at)], [record.population], at))));
  }
  if (record.plan?.file) return out;
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

// --- the parts ---

const analysed = Object.values(trace.records).filter((record) => record.kind === "analysis").flatMap((record) => record.results).reduce((n, { statistics }) => n + statistics.length, 0);

const verdicts = { good: /^(reproduced|agrees?|consistent|same|ok|passe[sd]|clean|identical|yes|met|answered)/i, bad: /^(contradicted|differs?|fail|found|moved|no$|wrong|disagrees?|inconsistent)/i };
const tone = (verdict) => Object.keys(verdicts).find((key) => verdicts[key].test(verdict)) ?? "open";
const own = new Set(["results", "changes", "rules", "queries", "rejected", "rows", "claims"]);
const extra = Object.keys(tables).filter((name) => !own.has(name));
const link = (id) => anchor(id);
const numberAt = new Map(trace.participants.map((who, at) => [who, at])), numberOf = (who) => numberAt.get(who);
const numbers = (text, cell) => {
  const who = cell("key").split("/").find((word) => numberOf(word) !== undefined), place = [cell("table"), cell("key"), cell("field"), cell("source_row")];
  const links = (found) => h("ul", { class: "people" }, found.map((id) => h("li", {}, h("a", { href: `#${encodeURIComponent(id)}@${encodeURIComponent(who)}` }, id))), found.length ? null : h("li", { class: "faint" }, "none"));
  if (who === undefined) return h("span", { class: "faint" }, "0");
  const piece = pieces[pieceAt(numberOf(who))], found = piece && numbersOf(piece, ...place);
  if (found) return found.length ? h("details", {}, h("summary", {}, String(found.length)), links(found)) : h("span", { class: "faint" }, "0");
  const later = h("details", { ontoggle: async () => { // in a part that is not here yet
    if (later.children.length === 1) later.append(await pieceOf(numberOf(who)).then((piece) => links(numbersOf(piece, ...place)), (error) => h("span", {}, error.message)));
  } }, h("summary", {}, "find"));
  return later;
};

function tile(view, heading, lines, state) {
  return h("li", { class: `tile ${state}` }, h("a", { href: `#/${view}` }, heading), lines.map((line, i) => h("p", { class: i ? "faint" : "verdict" }, line)));
}
function overview() {
  const tiles = [];
  const { shown, again, wrong } = trace.counts;
  tiles.push(tile("results", "Numbers", [wrong.length ? `${wrong.length} counts do not agree` : `${count(again)} of ${count(shown)} counts recounted, all agree`,
    `${count(analysed)} statistics; ${count(trace.n_cells)} raw cells behind them`, ...wrong], wrong.length ? "bad" : "good"));
  for (const name of ["claims", ...extra]) {
    if (!tables[name]?.columns.verdict) continue;
    const order = ["bad", "good", "open"], n = [...tally(name, "verdict")].sort(([a], [b]) => order.indexOf(tone(a)) - order.indexOf(tone(b)));
    const lines = n.map(([verdict, many]) => `${count(many)} ${verdict}`);
    if (name === "concordance") lines.push(`${count(tables[name].rows)} of ${count(analysed)} statistics computed twice`);
    tiles.push(tile(name, title(name), lines, n.length ? tone(n[0][0]) : "open"));
  }
  if (data.files.privacy) tiles.push(privacyTile(data.files.privacy.gate));
  const asked = (name) => trace.records[`clean.${name}`].printed, answered = tally("queries", "state").get("closed") ?? 0;
  tiles.push(tile("queries", "Open queries", [asked("queries"), `${asked("errors")} of severity error${answered ? `; ${count(answered)} answered and closed` : ""}`], asked("errors") === "0" ? "good" : "open"));
  const sum = (column) => { const { values, codes } = tables.rows.columns[column]; return codes.reduce((total, value) => total + Number(values[value]), 0); };
  const [into, kept, rejected] = ["rows_in", "rows_kept", "rows_rejected"].map(sum);
  tiles.push(tile("rejected", "Raw rows", [`${count(into)} = ${count(kept)} kept + ${count(rejected)} rejected`, `${count(total("changes"))} cells changed by rule, ${count(tally("changes", "kind").get("value") ?? 0)} of them in value`], into === kept + rejected ? "good" : "bad"));
  return [h("h1", {}, trace.title), h("h2", {}, "Verdicts"), h("ul", { class: "tiles" }, tiles),
    h("h2", {}, "From raw records to the audit"), stages(into),
    h("h2", {}, "Participant flow"), h("ol", { class: "flow" }, data.flow.map((step) => h("li", {}, h("strong", {}, anchor(step.id, step.label)), ` n = ${count(step.n)}`,
      step.reasons.length ? h("ul", {}, step.reasons.map((reason) => h("li", {}, anchor(reason.id, reason.reason), ` n = ${count(reason.n)}`))) : null))),
    h("h2", {}, "How to read this"), h("p", {}, "Each number of the manuscript leads to its record: the analysis and its entry in the plan, the population, the participants counted, and for each of them the raw file, row and column with every change on the way. The same stands in ", code("audit/trace.json"), " and is printed by ", code("make explain ID=… PARTICIPANT=…"), "."),
    h("p", {}, "The CSV files of the results hold raw text exactly as it was received, so that the log can be replayed. A spreadsheet may run such a text as a formula: save tables from this page instead, where it cannot.")];
}
const UNDECLARED = "undeclared column";
function privacyTile({ files, identifier_columns: told, undeclared_columns: untold, searched, not_searchable: not }) {
  const columns = [told && `${count(told)} identifying`, untold && `${count(untold)} undeclared`].filter(Boolean).join(" and ");
  const given = Object.values(not).flatMap(Object.values).reduce((total, n) => total + n, 0), none = "no column is declared an identifier";
  const lines = searched ? [`no identifier in ${count(files)} files`, `${count(searched)} values of ${columns} columns looked for`]
    : columns ? [`nothing could be looked for in ${columns} columns`] : [`nothing was looked for: ${none}`];
  if (given) lines.push(`${count(given)} values are not searchable: too short, or not to be told from other content`);
  if (columns && !told) lines.push(none);
  return tile("environment", "Privacy", lines, searched && !given ? "good" : "open");
}
function notLookedFor({ not_searchable: not }) {
  const kinds = new Map();
  for (const of of Object.values(not)) for (const [kind, n] of Object.entries(of)) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
  const rows = [...kinds], [unknown, known] = [true, false].map((is) => rows.filter(([kind]) => kind.startsWith(UNDECLARED) === is));
  const said = (n, what) => h("p", { class: "faint" }, `Too short, or not to be told from other content: ${count(n)} ${what}`);
  const n = unknown.reduce((total, [, some]) => total + some, 0);
  return [...known.map(([kind, some]) => said(some, kind)), ...(n ? [said(n, "values of undeclared columns; audit/privacy.json has them by file and column")] : [])];
}
function stages(rows) {
  const text = (n, word) => `${count(n)} ${word}`;
  const boxes = [["raw", text(rows, "rows"), "rejected"], ["clean", text(total("changes"), "changes"), "cleaning"], ["cohort", text(trace.participants.length, "participants"), "overview"],
    ["analysis", text(analysed, "statistics"), "results"], ["figures, tables", "drawn from results", "results"], ["report", "HTML, PDF, DOCX", "results"], ["audit", "this page", "environment"]];
  const drawing = svg("svg", { viewBox: "0 0 980 64", role: "img", "aria-label": "raw, clean, cohort, analysis, figures and tables, report, audit, each made from the one before" },
    ...boxes.flatMap(([name, note], i) => [
      svg("rect", { x: i * 142 + 1, y: 4, width: 118, height: 54, rx: 4 }),
      svg("text", { x: i * 142 + 60, y: 27, "text-anchor": "middle" }, name),
      svg("text", { x: i * 142 + 60, y: 45, "text-anchor": "middle", class: "count" }, note),
      ...(i ? [svg("path", { d: `M${i * 142 - 22} 31h18m-5-4l5 4l-5 4` })] : [])]));
  return h("div", { class: "stages", tabindex: 0, role: "region", "aria-label": "Stages" }, drawing);
}
function cleaning() {
  const log = dataTable("changes", { words: "key, raw or clean text, rule", filters: ["kind", "table", "field", "rule", "source_file"], right: ["source_row"],
    columns: ["table", "key", "field", "raw_value", "clean_value", "rule", "source_file", "source_row", "source_column", "numbers"], show: { raw_value: raw, clean_value: raw, numbers } });
  const by = dataTable("rules", { page: 12, words: "table, field or rule", filters: ["table"], right: ["cells"], show: {
    cells: (many, cell) => h("button", { type: "button", title: "Show these cells", onclick: () => { log.set({ table: cell("table"), field: cell("field"), rule: cell("rule") }); log.element.scrollIntoView(); } }, count(many)) } });
  return [h("h1", {}, "Cleaning"), h("p", { class: "faint" }, `${count(total("changes"))} cells whose clean value is not the raw text. Numbers: the records that rest on the cell.`),
    h("h2", {}, "By table, field and rule"), by.element, h("h2", {}, "Cells"), log.element,
    h("h2", {}, "Rows of the raw files"), dataTable("rows", { right: ["rows_in", "rows_kept", "rows_rejected"], words: "file or table" }).element];
}
function fromRows(names, rows) {
  const columns = Object.fromEntries(names.map((name, i) => {
    const at = new Map(), codes = rows.map((row) => { if (!at.has(row[i])) at.set(row[i], at.size); return at.get(row[i]); });
    return [name, { values: [...at.keys()], codes }];
  }));
  const table = { rows: rows.length, columns };
  table.held = [table];
  return table;
}
function content(text) {
  try {
    return h("div", {}, Object.entries(JSON.parse(text)).map(([key, value]) => h("div", {}, h("span", { class: "faint" }, `${key}: `), raw(String(value)))));
  } catch { return raw(text); }
}
function environment() {
  const { software = {}, inputs = {}, outputs = {} } = data.files.manifest ?? {};
  const rows = [...Object.entries(inputs).map(([path, is]) => ["input", path, String(is.bytes), is.sha256]), ...Object.entries(outputs).map(([path, is]) => [is.rule ?? "output", path, String(is.bytes), is.sha256])];
  tables.files = fromRows(["made_by", "file", "bytes", "sha256"], rows);
  return [h("h1", {}, "Environment and hashes"), h("dl", {}, Object.entries(software).flatMap(([name, version]) => [h("dt", {}, name), h("dd", {}, version)])),
    data.files.privacy ? [h("h2", {}, "Privacy"), h("p", {}, data.files.privacy.disclosure.reason), notLookedFor(data.files.privacy.gate)] : null,
    h("h2", {}, "Files"), dataTable("files", { words: "file or hash", filters: ["made_by"], right: ["bytes"], show: { sha256: (text) => h("code", { class: "hash" }, text), bytes: count } }).element];
}
function life(_, cell) {
  if (!cell("answer")) return h("span", { class: "faint" }, "not answered");
  const again = cell("state") === "open", what = cell("answer") === "corrected" ? ["corrected to ", raw(cell("new_value"))] : cell("answer");
  return h("div", {}, h("div", {}, what, ` by ${cell("by")} on ${cell("date")}`), h("div", { class: "faint" }, cell("reason")), again ? h("div", {}, "asked again after this answer") : null);
}
const verdictCell = { verdict: (text) => h("span", { class: tone(text) }, h("span", { class: "verdict" }, text)) };
const views = {
  overview: ["Overview", overview],
  claims: tables.claims && ["Claims", () => [h("h1", {}, "Published claims"), dataTable("claims", { columns: ["verdict", "label", "quote", "source", "published", "recomputed", "analysis", "note"], words: "claim, quote, source", filters: ["verdict", "source"], show: { analysis: link, ...verdictCell } }).element]],
  results: ["Results", () => [h("h1", {}, "Results"), h("p", { class: "faint" }, "Every statistic; its number leads to the record."),
    dataTable("results", { words: "analysis, group, method", filters: ["label", "statistic", "method"], right: ["printed", "value"], show: { number: link } }).element]],
  cleaning: ["Cleaning", cleaning],
  queries: ["Queries", () => [h("h1", {}, "Queries"), h("p", { class: "faint" }, "An id is the same in every run. Life: when a query was answered, by whom, with what; a closed one that was corrected is not asked any more."),
    dataTable("queries", { words: "key, field or message", filters: ["state", "severity", "table", "field"], right: ["row"], columns: ["id", "state", "severity", "table", "key", "field", "value", "message", "file", "row", "column", "life"], show: { value: raw, life } }).element]],
  rejected: ["Rejected rows", () => [h("h1", {}, "Rows that could not be used"), dataTable("rejected", { words: "file, reason or content", filters: ["table", "file"], right: ["row"], show: { content } }).element]],
  ...Object.fromEntries(extra.map((name) => [name, [title(name), () => [h("h1", {}, title(name)),
    dataTable(name, { words: "any text", filters: ["verdict", "method", "analysis", "guideline"], right: ["value", "second", "difference", "tolerance"], show: { analysis: link, ...verdictCell } }).element]]])),
  environment: data.files.manifest && ["Environment", environment],
};

// --- which part is shown ---

const main = document.getElementById("main"), nav = document.getElementById("nav"), sections = {};
for (const [name, view] of Object.entries(views)) {
  if (!view) continue;
  nav.append(h("a", { href: `#/${name}` }, view[0]));
  main.append(sections[name] = h("section", { hidden: true, "aria-label": view[0] }));
}
main.append(sections.record = h("section", { hidden: true, "aria-label": "Record" }));
const drawn = new Set();
function draw(name) {
  if (!drawn.has(name) && views[name]) { drawn.add(name); sections[name].append(...views[name][1]().flat(2).filter((part) => part)); }
}
function route() {
  const [id, ...rest] = decodeURIComponent(location.hash.slice(1)).split("@"), who = rest.join("@"); // no id holds an @
  let name = id.startsWith("/") ? id.slice(1) : "overview";
  if (id && !id.startsWith("/")) {
    name = "record";
    const found = find(id), at = numberOf(who);
    if (found && ((trace.records[found[0]].results && !trace.records[found[0]].everyone) || (at !== undefined && !pieces[pieceAt(at)]))) {
      sections.record.replaceChildren(h("h1", {}, trace.records[found[0]].label), h("p", { role: "status" }, "Reading \u2026"));
      Promise.all([membersOf(found[0]), at === undefined || pieceOf(at)]).then(() => { if (decodeURIComponent(location.hash.slice(1)) === (who ? `${id}@${who}` : id)) route(); },
        (error) => sections.record.replaceChildren(h("h1", {}, "A part is missing"), h("p", {}, error.message)));
    } else sections.record.replaceChildren(...(found ? recordView(id, who) : [h("h1", {}, "No such number"), h("p", {}, code(id), " is not the id of a number of this report. ", h("a", { href: "#/results" }, "All results"))]));
  }
  if (!sections[name]) name = "overview";
  draw(name);
  for (const [key, section] of Object.entries(sections)) section.hidden = key !== name;
  for (const a of nav.children) a.hash === `#/${name}` ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current");
  document.title = `${sections[name].querySelector("h1").textContent} \u2013 audit`;
  scrollTo(0, 0);
  document.getElementById("participant")?.scrollIntoView({ block: "start" });
}
addEventListener("hashchange", () => { route(); main.focus({ preventScroll: true }); });
addEventListener("beforeprint", () => Object.keys(views).forEach((name) => views[name] && draw(name)));
route();
