-- Within Quarto, after it has read, numbered and resolved everything: the parts of an article that its own writers for
-- Word, JATS and Typst leave out or make otherwise. What Quarto alone knows (subfigures, layouts) stays its own.

local parts = require("parts")
local written = parts.written
local ours = {} -- by identifier, of the captions written here: the label with its gap, the number
local english = true -- else Quarto has the words
local titles = {} -- of the author, by kind
local unnumbered = {} -- headings, by identifier
local jats = { tbl = "table", sec = "sec", eq = "disp-formula", lst = "other" } -- and figures, of the author's kinds too
for key in ("thm lem cor prp cnj def exm exr"):gmatch("%a+") do jats[key] = "statement" end
for key in ("nte tip wrn imp cau"):gmatch("%a+") do jats[key] = "boxed-text" end

local function kind_of(id) return id:match("^%a+") end
local function inlines(value) return value and quarto.utils.as_inlines(value) or pandoc.Inlines({}) end

local function only(blocks) -- the one block, out of the divisions around it
  blocks = quarto.utils.as_blocks(blocks)
  if #blocks == 1 and blocks[1].t == "Div" then return only(blocks[1].content) end
  return #blocks == 1 and blocks[1] or nil
end

-- Quarto has a figure or table as a node of its own, which stands in the document as a division with its key.
local floats = {} -- by key: the kind and number, and what it is to the page

local function look(node)
  if node.parent_id or not node.order then return end
  local inner = not node.has_subfloats and only(node.content)
  floats[node.__quarto_custom_node.attributes.__quarto_custom_id] = {
    key = kind_of(node.identifier),
    number = node.order.order,
    kind = inner and (inner.t == "Table" and "table" or "figure"),
  }
end

local function float_of(block) return block.t == "Div" and floats[block.attributes.__quarto_custom_id] or nil end

-- Figures and tables of the supplement are S1, S2, ...: `others` are those that stand before it, by kind.
local others, supplementary = nil, {}

local function supplement(doc)
  local before = {}
  for i, block in ipairs(doc.blocks) do
    local float = float_of(block)
    if float then before[float.key] = float.number end
    if block.t == "Header" and block.classes:includes("supplement") then
      others = before
      if written == "typst" then -- which counts by itself
        local from = '#set figure(numbering: (..n) => numbering("S1", ..n))' -- a reference cuts the S of a pattern off
        for _, key in ipairs({ "fig", "tbl", "lst" }) do
          from = from .. ('\n#counter(figure.where(kind: "quarto-float-%s")).update(0)'):format(key)
        end
        doc.blocks:insert(i, pandoc.RawBlock("typst", from))
      end
      return doc
    end
  end
end

local function renumbered(node)
  if not others or node.parent_id or not node.order then return nil end
  local key = kind_of(node.identifier)
  local number = node.order.order - (others[key] or 0)
  if number < 1 or not parts.supplementary[key] then return nil end
  node.order.order = "S" .. math.tointeger(number)
  supplementary[node.identifier] = node.order.order
  return node
end

-- The caption with Quarto's own label and number: its words, its language, its counting.
local function caption_of(float)
  if float.parent_id or float.has_subfloats or not float.order then return nil end
  local content = inlines(float.caption_long)
  float.caption_long = pandoc.Plain({})
  quarto.doc.crossref.decorate_caption_with_crossref(float)
  local said = pandoc.utils.stringify(float.caption_long)
  float.caption_long = pandoc.Plain(content)
  local number = tostring(float.order.order)
  local before = said:sub(1, #said - #number)
  if #content == 0 or before == "" or said:sub(-#number) ~= number then return nil end
  ours[float.identifier] = { before = before, number = number }
  local label = before:sub(-#parts.gap) == parts.gap and before:sub(1, -#parts.gap - 1) or before
  return parts.caption(float.identifier, before, label, number, content)
end

local function float(node)
  local block = only(node.content)
  local image = block and (block.t == "Plain" or block.t == "Para") and #block.content == 1 and block.content[1]
  if written == "html" and not (block and block.t == "Table") then -- Quarto's, without an alternative text of its frame
    if not image or image.t ~= "Image" then return nil end
    image.attributes.alt = node.attributes["fig-alt"] or node.attributes.alt or image.attributes.alt
    node.attributes["fig-alt"], node.attributes.alt = nil, nil
    node.content = pandoc.Plain({ image })
    return node
  end
  if not block or not (image and image.t == "Image" or block.t == "Table" or block.t == "CodeBlock") then return nil end
  local caption = caption_of(node)
  if not caption then return nil end
  local id = written ~= "docx" and node.identifier or ""
  if block.t == "CodeBlock" then
    local head = written == "docx" and pandoc.Div({ pandoc.Para(caption) }, { ["custom-style"] = "Caption" })
      or pandoc.Para(caption)
    return pandoc.Div({ head, block }, pandoc.Attr(node.identifier, { "listing" }))
  elseif written == "html" then
    parts.columns(block)
    return parts.html_table(node.identifier, caption, block)
  elseif block.t == "Table" then
    block.attributes["tbl-colwidths"] = block.attributes["tbl-colwidths"] or node.attributes["tbl-colwidths"]
    parts.columns(block)
    block.identifier, block.caption = id, { long = { pandoc.Plain(caption) } }
    return block
  end
  for name, value in pairs(node.attributes) do image.attributes[name] = image.attributes[name] or value end
  return pandoc.Figure({ pandoc.Plain({ image }) }, { long = { pandoc.Plain(caption) } }, pandoc.Attr(id))
end

local function callout(node)
  local name, id = node.type, node.attr and node.attr.identifier or ""
  local word, title = parts.callouts[name], inlines(node.title)
  if written == "html" or not word or not english and (#title == 0 or node.order) then return nil end
  if node.order then
    if written == "typst" then return nil end -- whose references Typst resolves
    local named = #title > 0 and pandoc.utils.stringify(title) ~= word
    local label = (titles[id:match("^%a+")] or word) .. parts.gap .. node.order.order .. (named and ": " or "")
    title = pandoc.Inlines({ pandoc.Str(label) }) .. (named and title or {})
  end
  if #title == 0 then title = pandoc.Inlines(word) end
  return parts.callout(name, title, quarto.utils.as_blocks(node.content), id)
end

local function reference(link)
  if not link.classes:includes("quarto-xref") then return nil end
  local id = link.target:sub(2)
  if supplementary[id] then
    local said = pandoc.utils.stringify(link.content):gsub("%d+$", "") .. supplementary[id]
    link.content = pandoc.Inlines({ pandoc.Str(said) })
  end
  if unnumbered[id] then -- by its title: Quarto would print a number that the heading does not have
    local word = pandoc.utils.stringify(link.content):match("^(.-)[%d.]*$")
    link.content = pandoc.Inlines({ pandoc.Str(word .. "\u{201c}") }) .. unnumbered[id] .. { pandoc.Str("\u{201d}") }
  end
  if written == "jats" then
    link.attributes["ref-type"] = jats[id:match("^%a+")] or "fig"
    return link
  end
  local entry, said = ours[id], pandoc.utils.stringify(link.content)
  if written ~= "docx" or not entry or said:sub(-#entry.number) ~= entry.number then return link end
  local before = said:sub(1, #said - #entry.number)
  return parts.field(id, before, entry.number, before == entry.before)
end

-- The number of a heading as the writer makes it, not in its text.
local function heading(header)
  local number = header.attributes.number
  if not number then unnumbered[header.identifier] = header.content end
  if written == "html" then return nil end
  local first, second = header.content[1], header.content[2]
  if not number or not first or first.t ~= "Str" or first.text ~= number or not second then return nil end
  header.content:remove(1)
  header.content:remove(1)
  if written == "docx" then
    local run = '<w:r><w:rPr><w:rStyle w:val="SectionNumber"/></w:rPr><w:t>%s</w:t></w:r><w:r><w:tab/></w:r>'
    header.content:insert(1, pandoc.RawInline("openxml", run:format(number)))
  else -- becomes its label when the file is written
    header.content:insert(1, pandoc.Space())
    header.content:insert(1, pandoc.Strong(number))
  end
  return header
end

local function references(doc) -- JATS has the list's heading in the list
  for i, block in ipairs(doc.blocks) do
    local after = doc.blocks[i + 1]
    if block.t == "Header" and after and after.t == "Div" and after.identifier == "refs" then
      doc.meta["reference-section-title"] = pandoc.MetaInlines(block.content)
      doc.blocks:remove(i)
      return
    end
  end
end

local function settings(meta)
  parts.delimiter = pandoc.utils.stringify(meta.trialpress.delimiter)
  for name, value in pairs(meta.trialpress) do meta[name] = value end
  meta.trialpress = nil
  for name, value in pairs(meta.crossref or {}) do
    local kind = name:match("^(%a+)%-title$")
    if kind then titles[kind] = pandoc.utils.stringify(value) end
  end
  english = pandoc.utils.stringify(meta.lang or "en"):match("^en") ~= nil
  return meta
end

local function division(div) -- JATS has no layouts, and Quarto's writer fails at one without figures
  if written == "jats" then
    for _, name in ipairs({ "layout", "layout-ncol", "layout-nrow", "layout-align", "layout-valign" }) do
      div.attributes[name] = nil
    end
  end
  return parts.page(div) or written == "jats" and div or nil
end

-- Typst takes what follows a call for more of it: the semicolon after a reference would be gone.
local function ended(list)
  local result = pandoc.Inlines({})
  for i, el in ipairs(list) do
    result:insert(el)
    local after = list[i + 1]
    if el.t == "RawInline" and el.format == "typst" and el.text == "])" and after and after.t == "Str" then
      result:insert(pandoc.RawInline("typst", ";"))
    end
  end
  return result
end

return {
  { Meta = settings },
  { FloatRefTarget = look },
  { Pandoc = supplement },
  { FloatRefTarget = written ~= "typst" and renumbered or nil, Div = parts.turned },
  { Table = written == "typst" and function(tbl) parts.columns(tbl) return tbl end or nil },
  {
    FloatRefTarget = written ~= "typst" and float or nil,
    Callout = callout,
    Header = written ~= "typst" and heading or nil,
    Div = division,
  },
  { Math = parts.math, Link = written ~= "typst" and reference or nil, Image = written ~= "html" and parts.image or nil,
    Inlines = written == "typst" and ended or nil },
  {
    Pandoc = function(doc)
      if written == "typst" then doc.blocks = parts.floated(doc.blocks, function(block) return (float_of(block) or {}).kind end) end
      if written == "jats" then references(doc) end
      if doc.meta.banner and written == "html" then
        local html = pandoc.write(pandoc.Pandoc({ pandoc.Plain(doc.meta.banner) }), "html")
        quarto.doc.include_text("before-body", '<header class="banner">' .. html .. "</header>")
      end
      if written == "html" then
        local script = io.open(pandoc.path.join({ "_trialpress", "article.js" })):read("a")
        quarto.doc.include_text("after-body", "<script>\n" .. script .. "</script>")
      end
      return doc
    end,
  },
}
