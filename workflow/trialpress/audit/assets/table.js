"use strict";
// The page of the audit. Data is text: it is put in as text nodes only, never as markup.
// What is large lies in parts beside the page, each a script that calls `part`, and is read when it is asked for.
const data = JSON.parse(document.getElementById("data").textContent);
const { trace, tables } = data;
const PAGE = 50, AHEAD = 10; // rows of a table that are shown, parts of it that are read at once

// --- small things ---

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
const count = (n) => Number(n).toLocaleString("en");
const code = (text) => h("code", {}, String(text));
const raw = (text) => (text === "" ? h("span", { class: "blank" }, "empty") : h("span", { class: "raw" }, text));
const anchor = (id, text = id) => (find(id) ? h("a", { href: `#${encodeURIComponent(id)}` }, text) : text);
const natural = new Intl.Collator("en", { numeric: true }).compare;
const title = (name) => name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

const numberAt = new Map(trace.participants.map((who, at) => [who, at])), numberOf = (who) => numberAt.get(who);

// --- the address: #part?table.filter=value keeps what a table shows, so that it can be sent, and the back button works ---

const address = {
  written: null, // what was put there by a table itself: nothing has to be drawn for it
  view: () => location.hash.slice(1).split("?")[0],
  asked: () => new URLSearchParams(location.hash.split("?").slice(1).join("?")),
  of(name) { return Object.fromEntries([...address.asked()].filter(([key]) => key.startsWith(`${name}.`)).map(([key, value]) => [key.slice(name.length + 1), value])); },
  put(name, values, push) {
    const asked = address.asked();
    for (const key of [...asked.keys()]) if (key.startsWith(`${name}.`)) asked.delete(key);
    for (const [key, value] of Object.entries(values)) if (value) asked.set(`${name}.${key}`, value);
    const hash = `#${address.view() || "/overview"}${asked.size ? `?${asked}` : ""}`;
    if (hash === (location.hash || "#/overview")) return;
    if (push) location.hash = hash; else location.replace(hash);
    address.written = location.hash;
  },
};

// --- parts: promises by path, what they held, and the element that says what is being read ---

const asked = new Map(), arrived = new Map();
function part(name, value) { arrived.set(name, value); }
function read(path) {
  if (!asked.has(path)) asked.set(path, new Promise((resolve, reject) => {
    const name = path.split("/").at(-1), script = h("script", { src: `${path}.js`, onerror: () => { asked.delete(path); script.remove(); reject(new Error(`${path}.js cannot be read: build the audit again`)); },
      onload: () => { resolve(arrived.get(name)); arrived.delete(name); script.remove(); } });
    document.head.append(script);
  }));
  return asked.get(path);
}
const numbered = (name, n) => `${name}-${String(n + 1).padStart(4, "0")}`;

// A table is embedded in one piece, or has `parts` of `size` rows; of: how many rows the file has, if the page holds fewer.
for (const table of Object.values(tables)) table.held = table.columns ? [table] : [];
const names = (table) => table.names ?? Object.keys(table.columns);
const total = (name) => tables[name].of ?? tables[name].rows;
const partAt = (table, row) => (table.parts ? Math.floor(row / table.size) : 0);
function value(table, row, column) {
  const at = partAt(table, row), found = table.held[at].columns[column];
  return found ? found.values[found.codes[row - at * (table.size ?? 0)]] : "";
}
async function need(name, at) {
  const table = tables[name];
  table.held[at] ??= await read(`page/${numbered(name, at)}`);
  return table.held[at];
}

// A spreadsheet runs a cell that begins like a formula; an apostrophe before it keeps it text. Plain numbers stay numbers.
function protect(text) {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? `'${text}` : text;
}
function csv(table, rows) {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells) => cells.map((cell) => quoted(protect(cell))).join(",");
  return [line(names(table)), ...rows.map((row) => line(names(table).map((column) => value(table, row, column))))].join("\r\n") + "\r\n";
}

// --- a table: filters, search, order, pages ---

function dataTable(name, { table = tables[name], columns, filters = [], show = {}, words = "", right = [], page = PAGE }) {
  columns ??= names(table);
  const state = { filter: {}, search: "", sort: "", down: false, at: 0, rows: null, asked: 0 };
  const size = () => state.rows?.length ?? table.rows, rowAt = (i) => state.rows?.[i] ?? i;  // null: all rows as they stand
  const body = h("tbody"), status = h("span", { role: "status", "aria-live": "polite" }), controls = {};
  const back = h("button", { type: "button", onclick: () => turn(-1) }, "Previous"), next = h("button", { type: "button", onclick: () => turn(1) }, "Next");
  const head = columns.map((column) => h("th", { scope: "col", class: right.includes(column) && "right" },
    names(table).includes(column) ? h("button", { type: "button", onclick: () => order(column) }, title(column)) : title(column)));

  // Nothing is awaited that is here already: a table in one piece is searched at once.
  async function whole(mine) {
    const lacking = Array.from({ length: table.parts ?? 1 }, (_, at) => at).filter((at) => !table.held[at]);
    while (lacking.length && mine === state.asked) { // some at a time: the first hits are shown while the rest is read
      status.textContent = `reading, ${count(lacking.length)} of ${table.parts} parts to go`;
      await Promise.all(lacking.splice(0, AHEAD).map((at) => need(name, at)));
      if (!state.sort && lacking.length) await preview(mine);
    }
    return mine === state.asked;
  }
  async function preview(mine) {
    const { words, chosen } = wanted(), found = table.held.flatMap((piece, at) => (piece ? matching(piece, at * (table.size ?? 0), words, chosen) : []));
    if (found.length) { state.rows = found; const said = status.textContent; await draw(mine); status.textContent = said; }
  }
  const wanted = () => ({ words: state.search.toLowerCase().split(/\s+/).filter(Boolean), chosen: Object.entries(state.filter).filter(([, value]) => value !== "") });
  function select(at = 0) { return choose(++state.asked, at).catch((error) => { status.textContent = error.message; }); }
  async function choose(mine, at) {
    const { words, chosen } = wanted();
    state.at = 0;
    if (!words.length && !chosen.length && !state.sort) state.rows = null;
    else if (await whole(mine)) {
      state.rows = table.held.flatMap((piece, at) => matching(piece, at * (table.size ?? 0), words, chosen));
      if (state.sort) arrange();
    } else return;
    if (at && at < size()) state.at = at;
    await draw(mine);
  }
  function matching({ rows, columns: held }, start, words, chosen) {
    const all = Object.values(held), found = [];
    const wanted = words.map((word) => all.map(({ values }) => values.map((value) => value.toLowerCase().includes(word))));
    const codes = chosen.map(([column, value]) => [held[column].codes, held[column].values.indexOf(value)]);
    if (codes.some(([, value]) => value < 0)) return found;
    for (let row = 0; row < rows; row++) {
      if (codes.every(([of, value]) => of[row] === value) && wanted.every((hits) => all.some((column, i) => hits[i][column.codes[row]]))) found.push(start + row);
    }
    return found;
  }
  function arrange() {
    const texts = new Map(state.rows.map((row) => [row, value(table, row, state.sort)])), rank = new Map([...new Set(texts.values())]
      .sort(texts.size > 100000 ? undefined : natural).map((text, place) => [text, place]));
    const place = new Map([...texts].map(([row, text]) => [row, rank.get(text)]));
    state.rows.sort((a, b) => (place.get(a) - place.get(b) || a - b) * (state.down ? -1 : 1));
  }
  async function draw(mine = state.asked) {
    const shown = Array.from({ length: Math.min(page, size() - state.at) }, (_, i) => rowAt(state.at + i));
    for (const at of new Set(shown.map((row) => partAt(table, row)))) if (!table.held[at]) await need(name, at);
    if (mine !== state.asked) return;
    // A row that stays keeps what was opened in it, and the focus: more hits may come while somebody reads.
    const here = new Map([...body.rows].map((line) => [line.row, line]));
    let place = body.firstChild;
    for (const row of shown) {
      const line = here.get(row) ?? drawn(row);
      if (line === place) place = place.nextSibling;
      else body.insertBefore(line, place);
    }
    while (place) { const gone = place; place = place.nextSibling; gone.remove(); }
    const last = state.at + shown.length;
    status.textContent = shown.length ? `${count(state.at + 1)} to ${count(last)} of ${count(size())}` : "nothing matches";
    back.disabled = state.at === 0;
    next.disabled = last >= size();
  }
  function drawn(row) {
    const cell = (column) => value(table, row, column);
    const line = h("tr", {}, columns.map((column) => h("td", { class: right.includes(column) && "right" }, show[column] ? show[column](cell(column), cell) : cell(column))));
    return Object.assign(line, { row });
  }
  function turn(by) { state.at += by * page; remember(true); draw().catch((error) => { status.textContent = error.message; }); }
  function order(column) {
    state.down = state.sort === column && !state.down;
    state.sort = column;
    headers();
    select();
    remember(true);
  }
  const headers = () => head.forEach((th, i) => (columns[i] === state.sort ? th.setAttribute("aria-sort", state.down ? "descending" : "ascending") : th.removeAttribute("aria-sort")));
  function remember(push) { address.put(name, { ...state.filter, q: state.search, sort: state.sort && `${state.down ? "-" : ""}${state.sort}`, from: state.at ? String(state.at + 1) : "" }, push); }
  function restore() { // as the address has it
    const { q = "", sort = "", from = "1", ...filter } = address.of(name), now = JSON.stringify([q, sort, from, filter]);
    if (now === state.restored) return;
    Object.assign(state, { search: q, sort: names(table).includes(sort.replace(/^-/, "")) ? sort.replace(/^-/, "") : "", down: sort.startsWith("-"), restored: now,
      filter: Object.fromEntries(Object.entries(filter).filter(([column]) => names(table).includes(column))) });
    search.value = q;
    for (const [column, control] of Object.entries(controls)) control.value = state.filter[column] ?? "";
    headers();
    select(Number(from) - 1 || 0);
  }
  function set(values) {
    for (const [column, value] of Object.entries(values)) { state.filter[column] = value; if (controls[column]) controls[column].value = value; }
    select();
    remember(true);
  }
  async function download() {
    if (!state.rows && !(await whole(state.asked))) return;
    const rows = state.rows ?? Array.from({ length: table.rows }, (_, i) => i);
    const url = URL.createObjectURL(new Blob(["\ufeff", csv(table, rows)], { type: "text/csv" }));
    h("a", { href: url, download: `${trace.study}-${name}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
  const search = h("input", { type: "search", placeholder: words, oninput: () => { state.search = search.value; select(); remember(false); } });
  const choices = filters.filter((column) => names(table).includes(column) && tally(table, column)).map((column) => {
    const options = [...tally(table, column)].sort(([a], [b]) => natural(a, b));
    controls[column] = h("select", { onchange: (event) => { state.filter[column] = event.target.value; select(); remember(true); } },
      h("option", { value: "" }, "all"), options.map(([value, many]) => h("option", { value }, `${value || "(none)"} (${count(many)})`)));
    return h("label", {}, title(column), controls[column]);
  });
  const element = h("div", { "data-table": name },
    h("div", { class: "bar" }, h("label", {}, "Search", search), choices,
      h("button", { type: "button", onclick: () => download().catch((error) => { status.textContent = error.message; }), title: "The rows that match, for a spreadsheet: a text that begins like a formula gets an apostrophe before it" }, "Save as CSV")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title(name) }, h("table", {}, h("thead", {}, h("tr", {}, head)), body)),
    h("div", { class: "pager" }, back, next, status),
    table.of ? h("p", { class: "faint" }, `Here are ${count(table.rows)} of ${count(table.of)} rows, the first of each kind; all stand in `, code(table.file), ".") : null);
  element.restore = restore;
  restore();
  return { element, set };
}
function tally(of, column) {
  const { columns, tally } = typeof of === "string" ? tables[of] : of;
  if (!columns) return tally[column] && new Map(tally[column]);
  const { values, codes } = columns[column], n = new Map(values.map((value) => [value, 0]));
  for (const code of codes) n.set(values[code], n.get(values[code]) + 1);
  return n;
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
