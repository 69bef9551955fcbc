// Figures enlarge on a click (Escape closes); cross-references and citations show what they point at; the contents follow.
const zoom = document.body.appendChild(document.createElement("dialog"));
zoom.className = "zoom";
zoom.addEventListener("click", () => zoom.close());
for (const image of document.querySelectorAll("figure img")) {
  const open = () => { zoom.replaceChildren(image.cloneNode()); zoom.firstChild.removeAttribute("style"); zoom.showModal(); };
  image.tabIndex = 0;
  image.addEventListener("click", open);
  image.addEventListener("keydown", (event) => { if (event.key === "Enter") open(); });
}
let preview;
for (const link of document.querySelectorAll("a.xref, .citation a[href^='#ref-']")) {
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!target || target.matches("section, h1, h2, h3, h4")) continue;
  const show = () => {
    preview = document.body.appendChild(document.createElement("div"));
    preview.className = "preview";
    const copy = preview.appendChild(target.cloneNode(true));
    for (const node of [copy, ...copy.querySelectorAll("[id]")]) node.removeAttribute("id");
    const at = link.getBoundingClientRect();
    const above = at.bottom + preview.offsetHeight + 12 > innerHeight && at.top > preview.offsetHeight;
    preview.style.top = `${scrollY + (above ? at.top - preview.offsetHeight - 6 : at.bottom + 6)}px`;
    preview.style.left = `${Math.max(8, Math.min(at.left, innerWidth - preview.offsetWidth - 8)) + scrollX}px`;
  };
  const hide = () => preview?.remove();
  link.addEventListener("mouseenter", show); link.addEventListener("mouseleave", hide);
  link.addEventListener("focus", show); link.addEventListener("blur", hide);
}
const entries = new Map([...document.querySelectorAll("nav#TOC a")].map((a) => [a.hash.slice(1), a]));
const heads = [...document.querySelectorAll("main h1[id], main h2[id], main h3[id]")].filter((h) => entries.has(h.id));
const follow = () => {
  const here = heads.filter((h) => h.getBoundingClientRect().top < 120).pop();
  for (const [id, a] of entries) a.classList.toggle("here", id === here?.id);
};
addEventListener("scroll", follow, { passive: true });
follow();
