-- What a manuscript needs from either engine, Quarto or Pandoc alone, after citations are made: the banner, notes below
-- tables, pixels for Word, and links to files that only the HTML edition has beside it.

if not quarto then package.path = pandoc.path.directory(PANDOC_SCRIPT_FILE) .. "/?.lua;" .. package.path end
local parts = require("parts")

-- Nothing for a link that stays as it is: there are hundreds, and what is returned is taken apart and built again.
local function plain_link(link)
  local target = link.target
  if FORMAT:match("html") then
    if not target:find("[<>]") then return nil end
    link.target = target:gsub("[<>]", { ["<"] = "%3C", [">"] = "%3E" }) -- of old DOIs
    return link
  end
  if target:match("^#") or target:match("^%a[%w+.-]*:") then return nil end
  return pandoc.Span(link.content, link.attr)
end

local function size(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:seek("end")
  file:close()
  return bytes
end

-- Word takes no SVG; a page holds its pictures within it, so it has whichever is smallest
local function pixels(image)
  local stem, found = image.src:gsub("%.svg$", "")
  if found == 0 then return image end
  if FORMAT == "docx" then image.src = stem .. ".png" end
  for _, kind in ipairs(FORMAT:match("html") and { ".png", ".webp" } or {}) do
    local now, other = size(image.src), size(stem .. kind)
    if now and other and other < now then image.src = stem .. kind end
  end
  return image
end

local function note(div)
  if not div.classes:includes("table-note") then return nil end
  if FORMAT == "typst" then
    return { pandoc.RawBlock("typst", "#table-note[") } .. div.content .. { pandoc.RawBlock("typst", "]") }
  end
  if parts.written == "jats" then -- which goes into the table before it
    return { pandoc.RawBlock("jats", "<table-wrap-foot>") } .. div.content .. { pandoc.RawBlock("jats", "</table-wrap-foot>") }
  end
  div.attributes["custom-style"] = FORMAT == "docx" and "Table Note" or nil
  return div
end

function Pandoc(doc)
  doc = doc:walk({ Link = plain_link, Image = pixels, Div = note })
  local banner, abstract = doc.meta.banner, doc.meta.abstract
  if FORMAT:match("jats") and pandoc.utils.type(abstract) == "Inlines" then -- of one line
    doc.meta.abstract = pandoc.MetaBlocks({ pandoc.Para(abstract) })
  end
  if banner and pandoc.utils.stringify(banner) ~= "" and FORMAT:match("jats") then
    doc.blocks = pandoc.Blocks(parts.boxed({ pandoc.Para(banner) }, "")) .. doc.blocks
  end
  if FORMAT == "docx" and not quarto then -- used up, and Word's properties would show the path of the style
    doc.meta.csl, doc.meta.bibliography, doc.meta.crossref = nil, nil, nil
  end
  return doc
end
