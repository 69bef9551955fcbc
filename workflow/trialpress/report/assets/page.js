// The contents follow the reader.
const entries = new Map([...document.querySelectorAll("nav#TOC a")].map((a) => [a.hash.slice(1), a]));
const heads = [...document.querySelectorAll("main h1[id], main h2[id], main h3[id]")].filter((h) => entries.has(h.id));
const follow = () => {
  const here = heads.filter((h) => h.getBoundingClientRect().top < 120).pop();
  for (const [id, a] of entries) a.classList.toggle("here", id === here?.id);
};
addEventListener("scroll", follow, { passive: true });
follow();
