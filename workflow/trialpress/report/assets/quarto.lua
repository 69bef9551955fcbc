-- The part of Quarto's language that a manuscript needs, for Pandoc without Quarto: conditional content, numbered
-- captions and cross-references, callouts, landscape pages. Runs before citeproc. What cannot be resolved is written
-- to stderr, one line each, and ends the run.

package.path = pandoc.path.directory(PANDOC_SCRIPT_FILE) .. "/?.lua;" .. package.path
local parts = require("parts")
local gap, written = parts.gap, parts.written

local kinds = {
  fig = { label = "Figure", reference = "Figure", jats = "fig", gap = gap },
  tbl = { label = "Table", reference = "Table", jats = "table", gap = gap },
  sec = { reference = "Section", jats = "sec", gap = gap },
}
kinds.eq = { reference = "Equation", jats = "disp-formula", gap = gap }
kinds.lst = { label = "Listing", reference = "Listing", jats = "other", gap = gap, code = true }
for key, word in pairs({ thm = "Theorem", lem = "Lemma", cor = "Corollary", prp = "Proposition", cnj = "Conjecture",
  def = "Definition", exm = "Example", exr = "Exercise" }) do
  kinds[key] = { theorem = word, reference = word, jats = "statement", gap = gap }
end
for key, word in pairs({ nte = "Note", tip = "Tip", wrn = "Warning", imp = "Important", cau = "Caution" }) do
  kinds[key] = { callout = word, reference = word, jats = "boxed-text", gap = gap }
end
local formats = { -- Quarto's names of what each of Pandoc's writers makes
  html = { html = true, ["html:js"] = true },
  typst = { typst = true },
  docx = { docx = true },
  jats = { jats = true },
}
local entries, problems, numbered = {}, pandoc.List(), false

local function text(value) return pandoc.utils.stringify(value or "") end
local function kind_of(id) return kinds[id:match("^(%a+)%-")] end

local function settings(meta)
  local crossref = meta.crossref or {}
  for english, word in pairs(meta.words or {}) do -- of the document's language
    for _, kind in pairs(kinds) do
      for _, key in ipairs({ "label", "reference", "theorem", "callout" }) do
        if kind[key] and kind[key]:lower() == english then kind[key] = text(word) end
      end
    end
    if parts.callouts[english] then parts.callouts[english] = text(word) end
  end
  numbered = meta["number-sections"] == true
  if crossref["title-delim"] then parts.delimiter = text(crossref["title-delim"]) end
  for key, kind in pairs(kinds) do
    if crossref[key .. "-title"] then
      kind[kind.theorem and "theorem" or kind.callout and "callout" or "label"] = text(crossref[key .. "-title"])
    end
    if crossref[key .. "-prefix"] then kind.reference = text(crossref[key .. "-prefix"]) end
  end
  for _, own in ipairs(crossref.custom or {}) do
    local reference = text(own["reference-prefix"])
    kinds[text(own.key)] = {
      label = own["caption-prefix"] and text(own["caption-prefix"]) or reference,
      reference = reference,
      jats = "fig",
      gap = own["space-before-numbering"] == false and "" or gap,
    }
  end
end

-- conditional content ------------------------------------------------------------------------------------------------

local function visible(el)
  local when, unless = el.attributes["when-format"], el.attributes["unless-format"]
  local function is(name) return formats[written][name] == true end
  local holds = (when == nil or is(when)) and not (unless ~= nil and is(unless))
  if el.classes:includes("content-visible") then return holds end
  if el.classes:includes("content-hidden") then return not holds end
  return nil
end

local function conditional(el)
  local show = visible(el)
  if show == false then return {} end
  if show then return el.content end
end

-- numbers ------------------------------------------------------------------------------------------------------------

local counts, section, supplement = {}, {}, ""

local function register(id, kind, number, title)
  if entries[id] then problems:insert("duplicate identifier: " .. id) end
  entries[id] = { kind = kind, number = number, title = title }
end

local function take(id) -- the next number of its kind
  local key = id:match("^(%a+)%-")
  counts[key] = (counts[key] or 0) + 1
  local number = (parts.supplementary[key] and supplement or "") .. counts[key]
  register(id, kinds[key], number)
  return number, kinds[key]
end

local function labelled(id, caption)
  local count, kind = take(id)
  if #caption == 0 then problems:insert("no caption: " .. id) end
  return parts.caption(id, kind.label .. kind.gap, kind.label, count, caption)
end

local function caption_of(el)
  local first = el.caption.long[1]
  return first and first.content or pandoc.Inlines({})
end

-- equations, listings, theorems, numbered callouts

local function equations(inlines)
  local result, i = pandoc.Inlines({}), 1
  while i <= #inlines do
    local el, skip = inlines[i], 0
    if el.t == "Math" and el.mathtype == "DisplayMath" then
      local after = inlines[i + 1]
      local at = after and (after.t == "Space" or after.t == "SoftBreak") and 2 or 1
      local id = inlines[i + at] and inlines[i + at].t == "Str" and inlines[i + at].text:match("^{#(eq%-[%w_-]+)}$")
      if id then
        el.text = el.text .. "\\qquad(" .. take(id) .. ")"
        el, skip = pandoc.Span({ el }, pandoc.Attr(id)), at
      end
    end
    result:insert(el)
    i = i + 1 + skip
  end
  return result
end

local function listing(code)
  if kind_of(code.identifier) ~= kinds.lst then return nil end
  local id, said = code.identifier, code.attributes["lst-cap"] or ""
  local caption = labelled(id, pandoc.utils.blocks_to_inlines(pandoc.read(said, "markdown").blocks))
  code.identifier, code.attributes["lst-cap"] = "", nil
  local head = written == "docx" and pandoc.Div({ pandoc.Para(caption) }, { ["custom-style"] = "Caption" })
    or pandoc.Para(caption)
  return pandoc.Div({ head, code }, pandoc.Attr(id, { "listing" })), false
end

local function theorem(div)
  local kind, name = kind_of(div.identifier), nil
  if div.content[1] and div.content[1].t == "Header" then
    name = div.content:remove(1).content
  elseif div.attributes.name then
    name = pandoc.utils.blocks_to_inlines(pandoc.read(div.attributes.name, "markdown").blocks)
  end
  div.attributes.name = nil
  local head = pandoc.Inlines({ pandoc.Str(kind.theorem .. kind.gap .. take(div.identifier)) })
  if name then head:extend(pandoc.Inlines({ pandoc.Space(), pandoc.Str("(") }) .. name .. { pandoc.Str(")") }) end
  head = pandoc.Inlines({ pandoc.Strong(head), pandoc.Space() })
  local first = div.content[1]
  if first and first.t == "Para" then first.content = head .. first.content
  else div.content:insert(1, pandoc.Para(head)) end
  div.classes:insert("theorem")
  return div
end

local number
number = {
  traverse = "topdown",
  Header = function(header)
    if header.classes:includes("supplement") then -- figures and tables from here on: S1, S2, ...
      supplement = "S"
      for key in pairs(parts.supplementary) do counts[key] = nil end
    end
    if not header.classes:includes("unnumbered") then
      for level = 1, header.level do section[level] = section[level] or 0 end
      section[header.level] = section[header.level] + 1
      for level = header.level + 1, 6 do section[level] = nil end
    end
    if kind_of(header.identifier) == kinds.sec then
      local shown = numbered and not header.classes:includes("unnumbered")
      register(header.identifier, kinds.sec, shown and table.concat(section, ".") or nil, header.content)
    end
  end,
  Figure = function(figure)
    if kind_of(figure.identifier) then
      local caption = labelled(figure.identifier, caption_of(figure))
      figure.caption.long = { pandoc.Plain(caption) }
    end
    local id = figure.identifier
    if written == "docx" then figure.identifier = "" end
    figure.content = figure.content:walk({
      Image = function(found)
        return parts.image(found, function() problems:insert("no fig-alt: " .. (id ~= "" and id or found.src)) end)
      end,
    })
    return figure, false
  end,
  Table = function(tbl)
    local tables = parts.columns(tbl)
    tbl = tables[1]
    local id, caption = tbl.identifier, caption_of(tbl)
    if kind_of(id) then
      caption = labelled(id, caption)
      tbl.caption.long = { pandoc.Plain(caption) }
    end
    if written == "docx" then tbl.identifier = "" end
    if written == "html" then return parts.html_table(id, caption, tbl), false end
    return parts.together(tables), false
  end,
  Inlines = equations,
  CodeBlock = listing,
  Div = function(div) -- ::: {#fig-x} or {#tbl-x}: the last paragraph is the caption
    local kind = kind_of(div.identifier)
    if kind and kind.theorem then return theorem(div) end
    if kind and kind.callout then take(div.identifier) end
    if not (kind and kind.label) then return nil end
    local last = div.content:remove()
    local first = div.content[1]
    if first and first.t == "Para" and #first.content == 1 and first.content[1].t == "Image" then
      first = pandoc.Figure({ pandoc.Plain(first.content) })
    end
    if not (first and #div.content == 1 and last.t == "Para" and (first.t == "Figure" or first.t == "Table")) then
      problems:insert("not one figure or table with a caption below: " .. div.identifier)
      return div, false
    end
    first.identifier, first.caption = div.identifier, { long = { pandoc.Plain(last.content) } }
    return (number[first.t](first)), false
  end,
}

-- cross-references -----------------------------------------------------------------------------------------------------

local function reference(citation)
  local entry = entries[citation.id]
  if not entry then
    problems:insert("unresolved cross-reference: @" .. citation.id)
    return pandoc.Inlines({})
  end
  local prefix = text(citation.prefix)
  local bare = citation.mode == "SuppressAuthor"
  if prefix == "" then prefix = entry.kind.reference end
  local before = bare and "" or prefix .. entry.kind.gap
  if not entry.number then -- a section where sections have no numbers
    local title = pandoc.Inlines({ pandoc.Str("\u{201c}") }) .. entry.title .. { pandoc.Str("\u{201d}") }
    return pandoc.Inlines({ pandoc.Str(before), pandoc.Link(title, "#" .. citation.id) })
  end
  if written == "docx" and entry.kind.label then
    local whole = before == entry.kind.label .. entry.kind.gap
    return parts.field(citation.id, before, entry.number, whole)
  end
  local attributes = written == "jats" and { ["ref-type"] = entry.kind.jats } or {}
  local link = pandoc.Link(before .. entry.number, "#" .. citation.id, "", pandoc.Attr("", { "xref" }, attributes))
  return pandoc.Inlines({ link })
end

local function references(cite)
  local ours = cite.citations:filter(function(citation) return kind_of(citation.id) end)
  if #ours == 0 then return nil end
  local result = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    if i > 1 then result:extend({ pandoc.Str(","), pandoc.Space() }) end
    result:extend(kind_of(citation.id) and reference(citation) or { pandoc.Cite({}, { citation }) })
  end
  return result
end

-- callouts and pages -----------------------------------------------------------------------------------------------------

local function callout(div, name)
  local title, content = pandoc.Inlines(parts.callouts[name]), div.content
  if div.attributes.title then
    title = pandoc.utils.blocks_to_inlines(pandoc.read(div.attributes.title, "markdown").blocks)
  elseif content[1] and content[1].t == "Header" then
    title = content:remove(1).content
  end
  local entry = entries[div.identifier]
  if entry and entry.kind.callout then
    local named = pandoc.utils.stringify(title) ~= parts.callouts[name]
    title = pandoc.Inlines({ pandoc.Str(entry.kind.callout .. gap .. entry.number .. (named and ": " or "")) })
      .. (named and title or {})
  end
  return parts.callout(name, title, content, div.identifier)
end

local function division(div)
  for name in pairs(parts.callouts) do
    if div.classes:includes("callout-" .. name) then return callout(div, name) end
  end
  return parts.page(div)
end

local function floats(block)
  if parts.several(block) then return "table" end
  return (block.t == "Figure" or block.t == "Table") and kind_of(block.identifier) and block.t:lower()
end

function Pandoc(doc)
  settings(doc.meta)
  local displayed = false
  local function seen(math) displayed = displayed or math.mathtype == "DisplayMath" end
  doc = doc:walk({ Div = conditional, Span = conditional, Math = seen })
  if not displayed then number.Inlines = nil end -- a third of the time of a document without equations
  doc = doc:walk({ Div = parts.turned })
  doc = doc:walk(number)
  doc = doc:walk({ Cite = references, Div = division, Math = parts.math })
  if written == "typst" then doc.blocks = parts.floated(doc.blocks, floats) end
  if #problems > 0 then
    for _, problem in ipairs(problems) do io.stderr:write("[MANUSCRIPT] " .. problem .. "\n") end
    os.exit(3)
  end
  return doc
end
