"use strict";
// The page of the audit. Data is text: it is put in as text nodes only, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const { trace, tables } = data;
const PAGE = 50;

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

// A spreadsheet runs a cell that begins like a formula; an apostrophe before it keeps it text. Plain numbers stay numbers.
function protect(text) {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? `'${text}` : text;
}
function csv(table, rows) {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells) => cells.map((cell) => quoted(protect(cell))).join(",");
  return [line(Object.keys(table.columns)), ...rows.map((row) => line(Object.values(table.columns).map((c) => c.values[c.codes[row]])))].join("\r\n") + "\r\n";
}

// --- a table: filters, search, order, pages ---

function dataTable(name, { columns, filters = [], show = {}, words = "", right = [], page = PAGE }) {
  const table = tables[name];
  columns ??= Object.keys(table.columns);
  const all = Object.values(table.columns);
  const state = { filter: {}, search: "", sort: "", down: false, at: 0, rows: [] };
  const body = h("tbody"), status = h("span", { role: "status", "aria-live": "polite" }), controls = {};
  const back = h("button", { type: "button", onclick: () => turn(-1) }, "Previous"), next = h("button", { type: "button", onclick: () => turn(1) }, "Next");
  const head = columns.map((column) => h("th", { scope: "col", class: right.includes(column) && "right" },
    table.columns[column] ? h("button", { type: "button", onclick: () => order(column) }, title(column)) : title(column)));

  function select() {
    const wanted = state.search.toLowerCase().split(/\s+/).filter(Boolean)
      .map((word) => all.map((column) => column.values.map((value) => value.toLowerCase().includes(word))));
    const chosen = Object.entries(state.filter).filter(([, value]) => value !== "")
      .map(([column, value]) => [table.columns[column].codes, table.columns[column].values.indexOf(value)]);
    state.rows = [];
    for (let row = 0; row < table.rows; row++) {
      if (chosen.every(([codes, value]) => codes[row] === value)
        && wanted.every((hits) => all.some((column, i) => hits[i][column.codes[row]]))) state.rows.push(row);
    }
    if (state.sort) {
      const { values, codes } = table.columns[state.sort];
      const rank = [];
      values.map((_, i) => i).sort((a, b) => natural(values[a], values[b])).forEach((i, place) => { rank[i] = place; });
      state.rows.sort((a, b) => (rank[codes[a]] - rank[codes[b]] || a - b) * (state.down ? -1 : 1));
    }
    state.at = 0;
    draw();
  }
  function draw() {
    const shown = state.rows.slice(state.at, state.at + page);
    body.replaceChildren(...shown.map((row) => {
      const cell = (column) => { const found = table.columns[column]; return found ? found.values[found.codes[row]] : ""; };
      return h("tr", {}, columns.map((column) => h("td", { class: right.includes(column) && "right" }, show[column] ? show[column](cell(column), cell) : cell(column))));
    }));
    const last = state.at + shown.length;
    status.textContent = shown.length ? `${count(state.at + 1)} to ${count(last)} of ${count(state.rows.length)}` : "nothing matches";
    back.disabled = state.at === 0;
    next.disabled = last >= state.rows.length;
  }
  function turn(by) { state.at += by * page; draw(); }
  function order(column) {
    state.down = state.sort === column && !state.down;
    state.sort = column;
    head.forEach((th, i) => (columns[i] === column ? th.setAttribute("aria-sort", state.down ? "descending" : "ascending") : th.removeAttribute("aria-sort")));
    select();
  }
  function set(values) {
    for (const [column, value] of Object.entries(values)) { state.filter[column] = value; if (controls[column]) controls[column].value = value; }
    select();
  }
  function download() {
    const url = URL.createObjectURL(new Blob(["\ufeff", csv(table, state.rows)], { type: "text/csv" }));
    h("a", { href: url, download: `${trace.study}-${name}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
  const search = h("input", { type: "search", placeholder: words, oninput: () => { state.search = search.value; select(); } });
  const choices = filters.filter((column) => table.columns[column]).map((column) => {
    const { values, codes } = table.columns[column];
    const n = new Array(values.length).fill(0);
    for (const value of codes) n[value]++;
    const options = values.map((value, i) => [value, n[i]]).sort(([a], [b]) => natural(a, b));
    controls[column] = h("select", { onchange: (event) => { state.filter[column] = event.target.value; select(); } },
      h("option", { value: "" }, "all"), options.map(([value, many]) => h("option", { value }, `${value || "(none)"} (${count(many)})`)));
    return h("label", {}, title(column), controls[column]);
  });
  select();
  const element = h("div", { "data-table": name },
    h("div", { class: "bar" }, h("label", {}, "Search", search), choices,
      h("button", { type: "button", onclick: download, title: "The rows that match, for a spreadsheet: a text that begins like a formula gets an apostrophe before it" }, "Save as CSV")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title(name) }, h("table", {}, h("thead", {}, h("tr", {}, head)), body)),
    h("div", { class: "pager" }, back, next, status));
  return { element, set };
}
function tally(name, column) {
  const { values, codes } = tables[name].columns[column];
  const n = new Map(values.map((value) => [value, 0]));
  for (const value of codes) n.set(values[value], n.get(values[value]) + 1);
  return n;
}
