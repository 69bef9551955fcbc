// With either engine: figures enlarge to their full resolution and are moved by dragging, scrolling or the arrow keys;
// Escape closes, and the focus returns. Tables wider than the page say so. Cross-references and citations show what they
// point at.
{
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const view = make("div", { className: "zoom-view", tabIndex: 0 });
  view.setAttribute("role", "group");
  const button = (text, label, act) => {
    const made = make("button", { type: "button", textContent: text, title: label });
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };
  const dialog = make("dialog", { className: "zoom" },
    make("div", { className: "zoom-tools" }, button("+", "Larger", () => scale(1.4)), button("−", "Smaller", () => scale(1 / 1.4)),
      button("Fit", "Fit to the window", () => fit()), button("×", "Close", () => dialog.close())), view);
  document.body.append(dialog);
  let image, size, opener;
  const width = () => image.naturalWidth || 1200, height = () => image.naturalHeight || 900;
  const fitting = () => Math.min(view.clientWidth / width(), view.clientHeight / height());
  const set = (to) => { // what is in the middle stays there
    const middle = [(view.scrollLeft + view.clientWidth / 2) / size, (view.scrollTop + view.clientHeight / 2) / size];
    size = Math.max(fitting(), Math.min(8, to));
    image.style.width = `${width() * size}px`;
    view.scrollTo(middle[0] * size - view.clientWidth / 2, middle[1] * size - view.clientHeight / 2);
  };
  const scale = (by) => set(size * by);
  const fit = () => set(fitting());
  const open = (source, from) => {
    opener = from;
    image = make("img", { src: source.src, alt: source.alt, draggable: false });
    view.setAttribute("aria-label", `${from.dataset.name}, enlarged. The arrow keys move it, + and − change its size.`);
    view.replaceChildren(image);
    size = 1;
    dialog.showModal();
    view.focus();
    image.decode().catch(() => {}).then(fit);
  };
  dialog.addEventListener("close", () => opener?.focus());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") scale(1.4);
    else if (event.key === "-") scale(1 / 1.4);
    else if (event.key === "0") fit();
  });
  let from = null; // where a drag began, and whether it moved
  view.addEventListener("pointerdown", (event) => { from = { x: event.clientX, y: event.clientY, moved: false }; });
  view.addEventListener("pointermove", (event) => {
    if (!from || !event.buttons || event.pointerType === "touch") return; // a finger scrolls by itself
    from.moved ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4;
    if (from.moved) { view.scrollBy(-event.movementX, -event.movementY); view.setPointerCapture(event.pointerId); }
  });
  view.addEventListener("click", (event) => { // a click between fitted and full resolution, or beside the figure
    if (from?.moved) return;
    if (event.target === view) dialog.close();
    else if (size > fitting() * 1.01) fit();
    else scale(Math.max(2.5, 1 / size));
  });
  for (const source of document.querySelectorAll("main figure img")) {
    if (source.closest("a, figure figure")) continue;
    const figure = source.closest("figure");
    const label = figure.querySelector("figcaption")?.innerText.match(/^\s*([^\s.:]+\s+S?\d+)/)?.[1] ?? "Figure";
    const name = label.replace(/\s+/g, " ");
    const larger = make("button", { type: "button", className: "enlarge", textContent: "Enlarge" });
    larger.dataset.name = name;
    larger.append(make("span", { className: "screen-reader-only", textContent: ` ${name}` }));
    larger.addEventListener("click", () => open(source, larger));
    source.addEventListener("click", () => open(source, larger));
    figure.append(larger);
  }
  const wide = () => {
    for (const box of document.querySelectorAll(".table-scroll")) box.classList.toggle("wide", box.scrollWidth > box.clientWidth + 1);
  };
  addEventListener("resize", wide);
  wide();
  let preview;
  for (const link of document.querySelectorAll("a.xref, a.quarto-xref, .citation a[href^='#ref-']")) {
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
  const nths = new Map(); // to the audit's page: each link of a number says which of its places it is, ID~2
  for (const link of document.querySelectorAll("a.num")) {
    const id = link.hash.slice(1);
    nths.set(id, (nths.get(id) ?? 0) + 1);
    link.dataset.number = `${decodeURIComponent(id)}~${nths.get(id)}`;
    if (!link.hash.includes("@")) link.hash = `${id}~${nths.get(id)}`; // of a participant's value there is one place
  }
  const marked = () => { // from the audit's page back to a number: #number=ID~2 is its second place
    const [, place] = decodeURIComponent(location.hash).match(/^#number=(.*~\d+)$/) ?? [];
    const link = place && [...document.querySelectorAll("a.num")].find((one) => one.dataset.number === place);
    document.querySelector("a.num.here")?.classList.remove("here");
    if (!link) return;
    link.classList.add("here");
    link.scrollIntoView({ block: "center" });
    link.focus({ preventScroll: true });
  };
  addEventListener("hashchange", marked);
  addEventListener("load", marked);
  addEventListener("load", () => document.querySelector(".quarto-color-scheme-toggle")?.setAttribute("aria-label", "Light or dark"));
}
