// Which part of the page is shown; goes on where views.js ends.

const main = document.getElementById("main"), nav = document.getElementById("nav"), sections = {};
for (const [name, view] of Object.entries(views)) {
  if (!view) continue;
  nav.append(h("a", { href: `#/${name}` }, view[0]));
  main.append(sections[name] = h("section", { hidden: true, "aria-label": view[0] }));
}
for (const [name, label] of [["record", "Record"], ["participant", "Participant"], ["search", "Search"]]) main.append(sections[name] = h("section", { hidden: true, "aria-label": label }));
const drawn = new Set();
function draw(name) {
  if (!drawn.has(name) && views[name]) { drawn.add(name); sections[name].append(...views[name][1]().flat(2).filter((part) => part)); }
}
const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } }; // an address that was cut
function route() {
  const hash = decoded(address.view()), [before, ...rest] = hash.split("@"), who = rest.join("@"); // no id holds an @ or a ~
  const [id, nth] = before.startsWith("/") ? [before] : before.split("~"); // ID~2: as its second place in the manuscript
  let name = id.startsWith("/") ? id.slice(1) : "overview";
  if (id && !id.startsWith("/")) {
    name = "record";
    const found = find(id), at = numberOf(who);
    if (found && ((trace.records[found[0]].results && !trace.records[found[0]].everyone) || (at !== undefined && !pieces[pieceAt(at)]))) {
      sections.record.replaceChildren(h("h1", {}, trace.records[found[0]].label), h("p", { role: "status" }, "Reading \u2026"));
      Promise.all([membersOf(found[0]), at === undefined || pieceOf(at)]).then(() => { if (decoded(address.view()) === hash) route(); },
        (error) => sections.record.replaceChildren(h("h1", {}, "A part is missing"), h("p", {}, error.message)));
    } else sections.record.replaceChildren(...(found ? recordView(id, who, nth).filter(Boolean) : [h("h1", {}, "No such number"), h("p", {}, code(id), " is not the id of a number of this report. ", h("a", { href: "#/results" }, "All results"))]));
  }
  if (!sections[name]) name = "overview";
  if (asking[name]) sections[name].replaceChildren(...asking[name](address.asked()).flat(2).filter(Boolean));
  draw(name);
  if (name !== "record") for (const table of sections[name].querySelectorAll("[data-table]")) table.restore?.();
  address.written = location.hash;
  for (const [key, section] of Object.entries(sections)) section.hidden = key !== name;
  for (const a of nav.children) a.hash === `#/${name === "participant" ? "participants" : name}` ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current");
  document.title = `${sections[name].querySelector("h1").textContent} \u2013 audit`;
  scrollTo(0, 0);
  const heading = sections[name].querySelector("h1");
  heading.tabIndex = -1;
  document.getElementById("participant")?.scrollIntoView({ block: "start" });
  return document.getElementById("participant") ?? heading;
}
addEventListener("hashchange", () => { if (location.hash !== address.written) route().focus({ preventScroll: true }); });
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
document.getElementById("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = event.target.elements.q.value.trim();
  location.hash = numberOf(asked) === undefined ? `#/search?q=${encodeURIComponent(asked)}` : personLink(asked);
});
addEventListener("beforeprint", () => Object.keys(views).forEach((name) => views[name] && draw(name)));
route();
