// The parts of the page; goes on where records.js ends.

const analysed = Object.values(trace.records).filter((record) => record.kind === "analysis").flatMap((record) => record.results).reduce((n, { statistics }) => n + statistics.length, 0);

const verdicts = { good: /^(reproduced|agrees?|consistent|same|ok|passe[sd]|clean|identical|yes|met|answered)/i, bad: /^(contradicted|differs?|fail|found|moved|no$|wrong|disagrees?|inconsistent)/i };
const tone = (verdict) => Object.keys(verdicts).find((key) => verdicts[key].test(verdict)) ?? "open";
const own = new Set(["results", "changes", "rules", "queries", "rejected", "rows", "claims", "claim_checks", "corrections", "query_effects", "concordance", "computed_once"]);
tables.results = fromRows(["number", "label", "group", "level", "statistic", "printed", "value", "origin", "method", "note"], Object.values(trace.records).flatMap((record) =>
  (record.results ?? []).flatMap((entry) => entry.statistics.map(([statistic, value, display, method, note, origin]) =>
    [entry.id, record.label, entry.group_label, entry.level_label, statistic, display, value === null ? "" : String(value), origin, method, note]))));
const extra = Object.keys(tables).filter((name) => !own.has(name));
const link = (id) => anchor(id);
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
  for (const name of ["claims", "claim_checks", "concordance", ...extra]) {
    if (!tables[name]?.columns.verdict) continue;
    const order = ["bad", "good", "open"], n = [...tally(name, "verdict")].sort(([a], [b]) => order.indexOf(tone(a)) - order.indexOf(tone(b)));
    const lines = n.map(([verdict, many]) => `${count(many)} ${many === 1 ? verdict : verdict.replace(/^(agree|differ|hold)s\b/, "$1")}`);
    if (name === "concordance") lines.push(`${count(tables[name].rows)} of ${count(analysed)} statistics computed twice`, data.second.how);
    tiles.push(tile(name === "claim_checks" ? "claims" : name, views[name]?.[0] ?? title(name), lines, n.length ? tone(n[0][0]) : "open"));
  }
  if (data.files.privacy) tiles.push(privacyTile(data.files.privacy.gate));
  const asked = (name) => trace.records[`clean.${name}`].printed, answered = tally("queries", "state").get("closed") ?? 0;
  tiles.push(tile("queries", "Open queries", [asked("queries"), `${asked("errors")} of severity error${answered ? `; ${count(answered)} answered and closed` : ""}`], asked("errors") === "0" ? "good" : "open"));
  const sum = (column) => { const { values, codes } = tables.rows.columns[column]; return codes.reduce((total, value) => total + Number(values[value]), 0); };
  const [into, kept, rejected] = ["rows_in", "rows_kept", "rows_rejected"].map(sum);
  tiles.push(tile("rejected", "Raw rows", [`${count(into)} = ${count(kept)} kept + ${count(rejected)} rejected`, `${count(total("changes"))} cells changed by rule, ${count(tally("changes", "kind").get("value") ?? 0)} of them in value`], into === kept + rejected ? "good" : "bad"));
  tiles.push(sinceTile());
  return [h("h1", {}, trace.title), h("h2", {}, "Verdicts"), h("ul", { class: "tiles" }, tiles),
    h("h2", {}, "From raw records to the audit"), stages(into),
    h("h2", {}, "Participant flow"), h("ol", { class: "flow" }, data.flow.map((step) => h("li", {}, h("strong", {}, anchor(step.id, step.label)), ` n = ${count(step.n)}`,
      step.reasons.length ? h("ul", {}, step.reasons.map((reason) => h("li", {}, anchor(reason.id, reason.reason), ` n = ${count(reason.n)}`))) : null))),
    h("h2", {}, "How to read this"), h("p", {}, "Each number of the manuscript leads to its record: the analysis and its entry in the plan, the population, the participants counted, and for each of them the raw file, row and column with every change on the way. The same stands in ", code("audit/trace.json"), " and is printed by ", code("make explain ID=… PARTICIPANT=…"), "."),
    h("p", {}, "The CSV files of the results hold raw text exactly as it was received, so that the log can be replayed. A spreadsheet may run such a text as a formula: save tables from this page instead, where it cannot.")];
}
function sinceTile() { // the comparison is written on demand, beside the results: followed where it is, else named
  const said = h("p", { class: "faint", role: "status" }, "written by ", code("trialpress compare record now"));
  const follow = (event) => { event.preventDefault(); read("../../../compare/compared").then(() => { location.href = event.target.href; },
    () => said.replaceChildren("Not written yet: ", code("trialpress compare record now"), " writes it into compare/, beside results/.")); };
  return h("li", { class: "tile open" }, h("a", { href: "../../../compare/index.html", onclick: follow }, "Since the record"), h("p", { class: "verdict" }, "which numbers moved, and why"), said);
}
const UNDECLARED = "undeclared column";
function privacyTile({ files, identifier_columns: told, undeclared_columns: untold, searched, not_searchable: not }) {
  const columns = [told && `${count(told)} identifying`, untold && `${count(untold)} undeclared`].filter(Boolean).join(" and ");
  const given = Object.values(not).flatMap(Object.values).reduce((total, n) => total + n, 0), none = "no column is declared an identifier";
  const lines = searched ? [`no identifier in ${count(files)} files`, `${count(searched)} values of ${columns} columns looked for`]
    : columns ? [`nothing could be looked for in ${columns} columns`] : [`nothing was looked for: ${none}`];
  if (given) lines.push(`${count(given)} ${given === 1 ? "value is" : "values are"} not searchable: too short, or not to be told from other content`);
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
  const kinds = tally("changes", "kind"), said = { value: "another value: cleared, corrected, imputed", unit: "converted to another unit", code: "translated by a code list", spelling: "the same, spelt otherwise" };
  const log = dataTable("changes", { words: "key, raw or clean text, rule", filters: ["kind", "table", "field", "rule", "source_file"], right: ["source_row"],
    columns: ["table", "key", "field", "raw_value", "clean_value", "rule", "source_file", "source_row", "source_column", "numbers"], show: { raw_value: raw, clean_value: raw, numbers } });
  const by = dataTable("rules", { page: 12, words: "table, field or rule", filters: ["kind", "table"], right: ["cells"], show: {
    cells: (many, cell) => h("button", { type: "button", title: "Show these cells", onclick: () => { log.set({ kind: cell("kind"), table: cell("table"), field: cell("field"), rule: cell("rule") }); log.element.scrollIntoView(); } }, count(many)) } });
  return [h("h1", {}, "Cleaning"), h("p", { class: "faint" }, `${count(total("changes"))} cells whose clean value is not the raw text. Numbers: the records that rest on the cell.`),
    h("ul", { class: "tiles" }, Object.entries(said).map(([kind, text]) => h("li", { class: "tile" }, h("a", { href: `#/cleaning?changes.kind=${kind}` }, `${count(kinds.get(kind) ?? 0)} in ${kind}`), h("p", { class: "faint" }, text)))),
    h("h2", {}, "By table, field and rule"), by.element, h("h2", {}, "Cells"), log.element,
    h("h2", {}, "Rows of the raw files"), dataTable("rows", { right: ["rows_in", "rows_kept", "rows_rejected"], words: "file or table" }).element];
}
const fieldOf = new Map(data.people.places.map(([table, field, file, column]) => [`${file}\n${column}`, data.labels[table]?.[field]]));
function content(text, cell) {
  const label = (key) => fieldOf.get(`${cell("file")}\n${key}`);
  try {
    return h("div", {}, Object.entries(JSON.parse(text)).map(([key, value]) => h("div", {}, h("span", { class: "faint" }, label(key) ? `${key} (${label(key)}): ` : `${key}: `), raw(String(value)))));
  } catch { return raw(text); }
}
function environment() {
  const { software = {}, inputs = {}, outputs = {} } = data.files.manifest ?? {};
  const rows = [...Object.entries(inputs).map(([path, is]) => ["input", path, String(is.bytes), is.sha256]), ...Object.entries(outputs).map(([path, is]) => [is.rule ?? "output", path, String(is.bytes), is.sha256])];
  tables.files = fromRows(["made_by", "file", "bytes", "sha256"], rows);
  const lock = inputs["envs/requirements.lock"]?.sha256, hash = (text) => h("code", { class: "hash" }, text);
  const about = [["Code", [hash(data.code), h("p", { class: "faint" }, "The git tree of workflow/. In a clone of the repository the commit that brought it is printed by ", h("code", {}, `git log -t --find-object=${data.code} --format=%H | tail -1`), "; nothing is printed if the code that ran was never committed as it stood.")]],
    ["Lock file", lock ? [hash(lock), h("p", { class: "faint" }, "sha256 of envs/requirements.lock")] : "none among the inputs"], ["Plan", [trace.records["plan.lock"]?.printed ?? "not locked", data.amendments.length ? h("ul", {}, data.amendments.map((text) => h("li", {}, text))) : null]],
    ["Engine", software.manuscript ?? "no manuscript"], ["Second computation", data.second?.how ?? "none"]];
  return [h("h1", {}, "Environment and hashes"), h("dl", {}, about.flatMap(([name, said]) => [h("dt", {}, name), h("dd", {}, said)])), h("h2", {}, "Software"), h("dl", {}, Object.entries(software).flatMap(([name, version]) => [h("dt", {}, name), h("dd", {}, version)])),
    data.files.privacy ? [h("h2", {}, "Privacy"), h("p", {}, data.files.privacy.disclosure.reason), notLookedFor(data.files.privacy.gate)] : null,
    h("h2", {}, "Files"), dataTable("files", { words: "file or hash", filters: ["made_by"], right: ["bytes"], show: { sha256: (text) => h("code", { class: "hash" }, text), bytes: count } }).element];
}
function touches(cell) {
  if (trace.parts && !everyone) { // who is counted where lies in parts
    const box = h("details", { ontoggle: () => { if (box.children.length === 1) box.append(later(everyMember().then(() => { everyone = true; }), () => [touches(cell)])); } }, h("summary", {}, "find"));
    return box;
  }
  const found = touched(rowsOf("queries").find((row) => value(tables.queries, row, "id") === cell("id")));
  if (!found) return h("span", { class: "faint" }, "no participant");
  return found.length ? h("details", {}, h("summary", {}, count(found.length)), h("ul", { class: "people" }, found.map((id) => h("li", {}, h("a", { href: `#${encodeURIComponent(id)}@${encodeURIComponent(whose(cell("key")))}` }, id))))) : h("span", { class: "faint" }, "0");
}
const later = (promise, make) => { const box = h("div", {}, h("p", { role: "status" }, "Reading \u2026")); promise.then((found) => box.replaceChildren(...make(found).flat(2).filter(Boolean)), (error) => box.replaceChildren(h("p", {}, error.message))); return box; };
let everyone = false; // whether all members are here
const everyMember = () => Promise.all(Object.keys(trace.records).map(membersOf));
function leftOut() {
  const make = () => {
    const rows = [], those = [];
    for (const [id, record] of Object.entries(trace.records)) {
      const add = (kind, why, who) => { if (who.length) { rows.push([id, record.label, kind, record.method ?? "", why, String(who.length), String(those.length)]); those.push(who); } };
      if (record.kind === "flow") for (const { who } of record.results) add("population", record.condition || "the rest", who.excluded);
      for (const [why, who] of record.left_out ?? []) add("analysis", why, who);
    }
    const table = fromRows(["number", "label", "left out of", "method", "why", "participants", "who"], rows);
    return [dataTable("left_out", { table, words: "analysis, reason", filters: ["left out of", "method", "label"], right: ["participants"], show: { number: link, who: (at, cell) => people(those[at], cell("number"), "", "nobody") } }).element];
  };
  return [h("h1", {}, "Who was left out, and why"), h("p", { class: "faint" }, "Of a population of the flow, and of each analysis and model."), trace.parts ? later(everyMember(), make) : make()].flat();
}
function life(_, cell) {
  if (!cell("answer")) return h("span", { class: "faint" }, "not answered");
  const again = cell("state") === "open", what = cell("answer") === "corrected" ? ["corrected to ", raw(cell("new_value"))] : cell("answer");
  return h("div", {}, h("div", {}, what, ` by ${cell("by")} on ${cell("date")}`), h("div", { class: "faint" }, cell("reason")), again ? h("div", {}, "asked again after this answer") : null);
}
const verdictCell = { verdict: (text) => h("span", { class: tone(text) }, h("span", { class: "verdict" }, text)) };
const views = {
  overview: ["Overview", overview],
  claims: tables.claims && ["Claims", () => [h("h1", {}, "Published claims"), dataTable("claims", { columns: ["verdict", "label", "quote", "source", "published", "recomputed", "analysis", "note"], words: "claim, quote, source", filters: ["verdict", "source"], show: { analysis: link, ...verdictCell } }).element,
    tables.claim_checks && h("h2", {}, "Claims checked among themselves"), tables.claim_checks && dataTable("claim_checks", { words: "check or finding", filters: ["verdict", "check"], show: verdictCell }).element]],
  results: ["Results", () => [h("h1", {}, "Results"), h("p", { class: "faint" }, "Every statistic; its number leads to the record."),
    dataTable("results", { words: "analysis, group, method", filters: ["label", "statistic", "method"], right: ["printed", "value"], show: { number: link } }).element]],
  participants: ["Participants", () => [h("h1", {}, "Participants"), h("p", { class: "faint" }, "Everything on one of them: raw rows, changes, queries, the numbers that count him or her."), people(trace.participants.map((_, at) => at), null, "", "nobody")]],
  left_out: ["Left out", leftOut],
  cleaning: ["Cleaning", cleaning],
  corrections: ["Corrections", () => [h("h1", {}, "Cells corrected by hand"), h("p", { class: "faint" }, `${count(tables.corrections.rows)} signed-off corrections. Numbers: the records that rest on the cell.`),
    dataTable("corrections", { columns: ["table", "key", "field", "old", "new", "by", "date", "reason", "source_file", "source_row", "numbers"], words: "key, value, name, reason", filters: ["by", "table", "field"], right: ["source_row"], show: { old: raw, new: raw, numbers } }).element]],
  queries: ["Queries", () => [h("h1", {}, "Queries"), h("p", { class: "faint" }, "An id is the same in every run. Life: when a query was answered, by whom, with what; a closed one that was corrected is not asked any more. Touches: the records that read the field and work on the participant. Moves: each open error query computed again without the value that is questioned, or with the one that was received."),
    dataTable("queries", { columns: ["id", "severity", "key", "field", "value", "message", "touches", "moves", "file", "row", "column", "state", "life"], words: "key, field or message", filters: ["state", "severity", "table", "field"], right: ["row"],
      show: { value: raw, life, column: (text, cell) => headed(cell("table"), cell("field"), text), touches: (_, cell) => touches(cell), moves: (_, cell) => h("div", {}, movesOf(cell("id"))) } }).element]],
  rejected: ["Rejected rows", () => [h("h1", {}, "Rows that could not be used"), dataTable("rejected", { words: "file, reason or content", filters: ["table", "file"], right: ["row"], show: { content } }).element]],
  ...Object.fromEntries(extra.map((name) => [name, [title(name), () => [h("h1", {}, title(name)),
    dataTable(name, { words: "any text", filters: ["verdict", "method", "analysis", "guideline"], right: ["value", "second", "difference", "tolerance"], show: { analysis: link, ...verdictCell } }).element]]])),
  concordance: tables.concordance && ["Second computation", () => [h("h1", {}, "Computed a second time"), h("p", {}, data.second.text),
    tables.computed_once && h("h2", {}, "Computed once"), tables.computed_once && (tables.computed_once.rows ? dataTable("computed_once", { words: "any text", filters: ["why"], show: { analysis: link } }).element : h("p", {}, "No statistic was computed once: all were computed a second time.")),
    h("h2", {}, "Computed twice"), dataTable("concordance", { words: "any text", filters: ["verdict", "implementation"], right: ["value", "second", "difference", "tolerance"], show: { analysis: link, ...verdictCell } }).element]],
  environment: data.files.manifest && ["Environment", environment],
};


// --- a participant ---

function participant(parameters) {
  const who = parameters.get("who") ?? "", at = numberOf(who);
  if (at === undefined) return [h("h1", {}, "No such participant"), h("p", {}, code(who), " is not a participant of this study. ", h("a", { href: "#/participants" }, "All participants"))];
  const { first, of } = data.people, part = first.findLastIndex((from) => from <= at);
  const rowsHere = part < 0 ? Promise.resolve(null) : (data.people.held ??= [])[part] ? Promise.resolve(data.people.held[part]) : read(`page/${numbered("people", part)}`).then((found) => (data.people.held[part] = found));
  return [h("h1", {}, `Participant ${who}`), later(Promise.all([rowsHere, everyMember()]), ([found]) => [
    ...(found ? rawRows(found, at - found.first) : [h("p", {}, of ? `The ${count(of)} raw cells of this study stand in ${data.people.file}, not beside this page.` : "No raw cell is known.")]),
    h("h2", {}, "Open queries"), listed(tables.queries, who, ["id", "severity", "field", "value", "message"], (row) => [`${value(tables.queries, row, "id")} `, h("a", { href: `#/queries?queries.q=${value(tables.queries, row, "id")}` }, value(tables.queries, row, "message")), ` (${value(tables.queries, row, "file")}, row ${value(tables.queries, row, "row")})`]),
    h("h2", {}, "Rows that could not be used"), listed(tables.rejected, who, [], (row) => `${value(tables.rejected, row, "file")}, row ${value(tables.rejected, row, "row")}: ${value(tables.rejected, row, "reason")}`),
    ...counting(at, who)])];
}
function listed(table, who, _, line) { // rows that name a participant, in the key or in what the row held
  if (table.parts) return h("p", {}, "Too many to be read here: ask the table for ", code(who), ".");
  const names = (text) => text.split(/[/"]/).includes(who), rows = Array.from({ length: table.rows }, (_, row) => row).filter((row) => ["key", "content"].some((column) => table.columns[column] && names(value(table, row, column))));
  return rows.length ? h("ul", {}, rows.map((row) => h("li", {}, line(row)))) : h("p", { class: "faint" }, "None.");
}
function rawRows(part, nth) {
  const column = (name, at) => part.columns[name].values[part.columns[name].codes[at]], groups = new Map(), changed = [];
  for (let at = part.start[nth]; at < part.start[nth + 1]; at++) {
    const [table, field, file, head] = data.people.places[column("place", at)], rule = data.people.rules[column("rule", at)] ?? "", row = column("row", at);
    const id = `${table}, ${file}`, cell = { table, field, file, column: head, row, raw: column("raw", at), clean: column("clean", at), rule };
    if (!groups.has(id)) groups.set(id, { heads: new Map(), rows: new Map() });
    const { heads, rows } = groups.get(id), name = `${field}\n${head}`;
    heads.set(name, cell);
    if (!rows.has(row)) rows.set(row, new Map());
    rows.get(row).set(name, cell);
    if (rule) changed.push([table, String(row), field, cell.raw, cell.clean, rule, file, head]);
  }
  const td = (cell) => h("td", { class: cell?.rule && "changed", title: cell?.rule || undefined }, !cell ? "" : cell.rule ? [raw(cell.raw), " \u2192 ", raw(cell.clean)] : raw(cell.raw));
  const box = ([id, { heads, rows }]) => { const make = () => h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": id }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Row"), [...heads.values()].map((cell) => h("th", { scope: "col" }, headed(cell.table, cell.field, cell.column))))),
      h("tbody", {}, [...rows].map(([row, cells]) => h("tr", {}, h("th", { scope: "row" }, String(row)), [...heads.keys()].map((name) => td(cells.get(name))))))));
    const all = h("details", { open: rows.size <= 3, ontoggle: () => { if (all.open && all.children.length === 1) all.append(make()); } }, h("summary", {}, `${id}: ${count(rows.size)} ${rows.size === 1 ? "row" : "rows"}`));
    if (rows.size <= 3) all.append(make());
    return all; };
  return [h("h2", {}, "Raw rows"), [...groups].map(box), h("h2", {}, `Changed cells: ${count(changed.length)}`),
    dataTable("person", { table: fromRows(["table", "row", "field", "raw", "clean", "rule", "file", "column"], changed), words: "field, value or rule", filters: ["table", "rule", "field"], right: ["row"], page: 25, show: { raw, clean: raw, column: (text, cell) => headed(cell("table"), cell("field"), text) } }).element];
}
function counting(at, who) {
  const rows = [], out = [];
  for (const [id, record] of Object.entries(trace.records)) {
    for (const entry of record.results ?? []) { const said = Object.entries(entry.who ?? {}).filter(([, members]) => members.includes(at)).map(([statistic]) => statistic); if (said.length) rows.push([entry.id, record.label, record.kind, [entry.group_label, entry.level_label].filter(Boolean).join(", "), said.join(", ")]); }
    for (const [why, members] of record.left_out ?? []) if (members.includes(at)) out.push([id, record.label, why]);
  }
  return [h("h2", {}, `Numbers that count ${who}: ${count(rows.length)}`), dataTable("counted", { table: fromRows(["number", "label", "kind", "group", "counted in"], rows), words: "analysis or group", filters: ["kind"], page: 25, show: { number: (id) => h("a", { href: `#${encodeURIComponent(id)}@${encodeURIComponent(who)}` }, id) } }).element,
    h("h2", {}, "Left out of"), out.length ? h("ul", {}, out.map(([id, label, why]) => h("li", {}, anchor(id, label), `: ${why}`))) : h("p", { class: "faint" }, "No analysis.")];
}

// --- search over everything ---

const SHOWN = 20; // hits of a kind that are listed
function search(parameters) {
  const asked = (parameters.get("q") ?? "").trim(), words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [h("h1", {}, "Search"), h("p", {}, "A number, a participant, a file, a column, a sentence of the manuscript.")];
  const hit = (...texts) => { const text = texts.join(" ").toLowerCase(); return words.every((word) => text.includes(word)); };
  const block = (heading, items) => (items.length ? [h("h2", {}, `${heading}: ${count(items.length)}`), h("ul", { class: "hits" }, items.slice(0, SHOWN).map((item) => h("li", {}, item()))), items.length > SHOWN ? h("p", { class: "faint" }, `The first ${SHOWN}; ask for more words.`) : null] : []);
  const table = (name, view, line) => { if (!tables[name] || tables[name].parts) return []; const all = names(tables[name]);
    return rowsOf(name).filter((row) => hit(...all.map((column) => value(tables[name], row, column)))).map((row) => () => h("a", { href: `#/${view}?${name}.q=${encodeURIComponent(asked)}` }, line((column) => value(tables[name], row, column)))); };
  const numbers = [...entries].filter(([id, [name, entry]]) => hit(id, trace.records[name].label, entry.group_label, entry.level_label, ...Object.values(entry.printed))).map(([id, [name, entry]]) => {
    const exact = Object.entries(entry.printed).find(([, text]) => text === asked), [what, text] = exact ?? headline(entry);
    return [exact ? 1 : 0, () => [h("a", { href: `#${encodeURIComponent(exact ? `${id}.${what}` : id)}` }, text ?? id), " ", code(what), ` ${[trace.records[name].label, entry.group_label, entry.level_label].filter(Boolean).join(", ")} `, code(id)]]; }).sort(([a], [b]) => b - a).map(([, item]) => item);
  const sentences = Array.from({ length: nPlaces }, (_, row) => row).filter((row) => hit(inPlace("before", row), inPlace("where", row), inPlace("text", row))).map((row) => () => [`${inPlace("before", row)}${inPlace("where", row)} `, inPlace("number", row) && h("a", { href: `#${inPlace("number", row).split("@").map(encodeURIComponent).join("@")}` }, inPlace("text", row) || "record"), inPlace("number", row) && " ", h("a", { href: back(row) }, "in the manuscript")]);
  const files = [...new Set([...Object.keys(data.files.manifest?.inputs ?? {}), ...Object.keys(data.files.manifest?.outputs ?? {}), ...Array.from({ length: tables.rows.rows }, (_, row) => value(tables.rows, row, "file"))])].filter((name) => hit(name)).map((name) => () => [name, " ", h("a", { href: `#/environment?files.q=${encodeURIComponent(name)}` }, "hash"), " ", h("a", { href: `#/cleaning?changes.q=${encodeURIComponent(name.split("/").at(-1))}` }, "changed cells")]);
  const columns = data.people.places.filter(([of, field, file, column]) => hit(of, field, file, column, data.labels[of]?.[field] ?? "")).map(([of, field, file, column]) => () => [headed(of, field, column), ` ${of}.${field} in ${file} `, h("a", { href: `#/cleaning?changes.table=${encodeURIComponent(of)}&changes.field=${encodeURIComponent(field)}` }, "changed cells")]);
  const blocks = [block("Participants", trace.participants.filter((who) => hit(who)).map((who) => () => h("a", { href: personLink(who) }, who))), block("Numbers", numbers), block("In the manuscript", sentences),
    block("Published claims", table("claims", "claims", (cell) => `${cell("label")}: ${cell("quote")}`)), block("Corrections", table("corrections", "corrections", (cell) => `${cell("key")}, ${cell("field")}: ${cell("reason")}`)),
    block("Open queries", table("queries", "queries", (cell) => `${cell("id")} ${cell("key")}, ${cell("field")}: ${cell("message")}`)), block("Rows that could not be used", table("rejected", "rejected", (cell) => `${cell("file")}, row ${cell("row")}: ${cell("reason")}`)),
    block("Columns", columns), block("Files", files)].flat();
  return [h("h1", {}, `Search: ${asked}`), ...(blocks.length ? blocks : [h("p", {}, "Nothing has all of these words.")]), h("p", {}, h("a", { href: `#/cleaning?changes.q=${encodeURIComponent(asked)}` }, "Look in the changed cells"), `, of which there are ${count(total("changes"))}.`)];
}
const asking = { participant, search }; // parts that are made anew for what the address asks
