-- The parts of an article as each writer gets them, whichever engine has read and counted them: captions, references,
-- figures, tables, callouts, pages.

local columns = require("columns")
local parts = { gap = "\u{a0}", delimiter = ":", written = FORMAT:match("^%a+"):gsub("html5", "html") }
local written = parts.written

local function raw(format, source) return pandoc.RawBlock(format, source) end

parts.supplementary = { fig = true, tbl = true, lst = true } -- counted apart in a supplement; an author's own kinds are not

-- captions and references ------------------------------------------------------------------------------------------------
-- Word counts captions by a SEQ field and refers to them by a REF field to a (hidden) bookmark: one around the label
-- with its number, one around the number alone.

local bookmarks = 0

local function bookmark_name(id, bare) return "_Ref_" .. id:gsub("%W", "_") .. (bare and "_n" or "") end

local function bookmarked(id, before, label, number)
  local supplement, digits = number:match("^(%D*)(.*)$") -- Word counts the S of Figure S1 apart
  if supplement ~= "" then label = label .. "_" .. supplement end
  local open = '<w:bookmarkStart w:id="%d" w:name="%s"/>'
  local close = '<w:bookmarkEnd w:id="%d"/>'
  local seq = '<w:r><w:rPr><w:b/></w:rPr><w:t>%s</w:t></w:r><w:fldSimple w:instr=" SEQ %s \\* ARABIC "><w:r><w:rPr><w:b/></w:rPr><w:t>%s</w:t></w:r></w:fldSimple>'
  bookmarks = bookmarks + 1
  local outer = 100000 + 2 * bookmarks
  return {
    pandoc.RawInline("openxml", open:format(outer, bookmark_name(id))),
    pandoc.Strong(before),
    pandoc.RawInline("openxml", open:format(outer + 1, bookmark_name(id, true))
      .. seq:format(supplement, (label:gsub("%W", "_")), digits) .. close:format(outer + 1) .. close:format(outer)),
    pandoc.Strong(parts.delimiter),
  }
end

-- `label` is the word of the kind, `before` the same with its gap.
function parts.caption(id, before, label, number, content)
  local head = written == "docx" and bookmarked(id, before, label, number)
    or { pandoc.Strong(before .. number .. parts.delimiter) }
  return pandoc.Inlines(head) .. { pandoc.Space() } .. content
end

-- `whole`: the label stands in the reference as it does in the caption.
function parts.field(id, before, number, whole)
  local field = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> REF %s \\h '
    .. '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t xml:space="preserve">%s</w:t></w:r>'
    .. '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
  return pandoc.Inlines({
    pandoc.Str(whole and "" or before),
    pandoc.RawInline("openxml", field:format(bookmark_name(id, not whole), (whole and before or "") .. number)),
  })
end

-- figures and tables -----------------------------------------------------------------------------------------------------

-- `lacking`, where it is given, is told of an image without alternative text.
function parts.image(found, lacking)
  local alt = found.attributes["fig-alt"]
  found.attributes["fig-alt"] = nil
  if not alt and lacking then lacking(found) end
  if written == "jats" and alt then -- Pandoc's writer puts it into the XML as it is
    alt = alt:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;")
  end
  found.caption = pandoc.Inlines(alt or "")
  if written == "typst" and alt then -- Pandoc's writer leaves the alternative text out
    local width = found.attributes.width and ", width: " .. found.attributes.width or ""
    return pandoc.RawInline("typst", ('#image("%s"%s, alt: "%s")'):format(found.src, width, (alt:gsub('[\\"]', "\\%0"))))
  end
  found.attributes.alt = written ~= "docx" and alt or nil
  return found
end

-- Typst reads a formula aloud by an alternative text: as it was written. One that Quarto numbers has that of the template.
function parts.math(formula)
  if written ~= "typst" or quarto and formula.mathtype == "DisplayMath" then return nil end
  local code = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ formula }) }), "typst"):gsub("%s+$", "")
  local said = formula.text:gsub('[\\"]', "\\%0"):gsub("%s+", " ")
  return pandoc.RawInline("typst", ('#[#set math.equation(alt: "%s");%s]'):format(said, code))
end

-- The tables of a page: one, or the parts of one that is too wide.
parts.columns = columns.laid_out

local function continued() -- for Word in the style of a caption, which stays with what follows
  if written == "typst" then return raw("typst", "#table-continued") end
  return pandoc.Div({ pandoc.Para("Continued, further columns:") }, { ["custom-style"] = "Table Caption" })
end

function parts.together(tables)
  if #tables == 1 then return tables[1] end
  local blocks = pandoc.Blocks({ tables[1] })
  for i = 2, #tables do
    tables[i].identifier, tables[i].caption = "", {}
    blocks:extend({ continued(), tables[i] })
  end
  return pandoc.Div(blocks, pandoc.Attr("", { "table-parts" }))
end

function parts.several(block) return block.t == "Div" and block.classes:includes("table-parts") end

-- For JATS, whose writer makes a box of a division; Quarto takes divisions away before.
function parts.boxed(blocks, id)
  if not quarto then return pandoc.Div(blocks, pandoc.Attr(id)) end
  local open = id ~= "" and '<boxed-text id="' .. id .. '">' or "<boxed-text>"
  return { raw("jats", open) } .. pandoc.Blocks(blocks) .. { raw("jats", "</boxed-text>") }
end

-- HTML: a wide table scrolls while its caption stays; the heads of columns and rows say that they are.
function parts.html_table(id, caption, tbl)
  local longest = columns.lengths(tbl)
  for _, found in ipairs(columns.placed(tbl.head.rows)) do
    local cell, i = found.cell, found.column
    cell.attributes.scope = cell.col_span > 1 and "colgroup" or "col"
    if cell.col_span == 1 and tbl.colspecs[i][1] ~= "AlignRight" then -- numbers do not wrap anyway
      local wide = longest[i] > 80 and 17 or longest[i] > 26 and 12 or longest[i] * 0.5
      cell.attributes.style = ("min-width: min(%.1fem, 45vw);"):format(wide)
    end
  end
  tbl.bodies = tbl.bodies:map(function(body)
    body.row_head_columns = math.max(1, body.row_head_columns)
    for _, row in ipairs(body.body) do
      local first = row.cells[1]
      if first then first.attributes.scope = first.col_span > 1 and "rowgroup" or "row" end
    end
    return body
  end)
  local box = { { "tabindex", "0" }, { "role", "group" } } -- pairs: the order of a table's keys is not the same each time
  if id ~= "" then
    caption = { pandoc.Span(caption, pandoc.Attr(id .. "-caption")) }
    box[3] = { "aria-labelledby", id .. "-caption" }
  end
  tbl.identifier, tbl.caption = "", { long = #caption > 0 and { pandoc.Plain(caption) } or {} }
  return pandoc.Div({ pandoc.Div({ tbl }, pandoc.Attr("", { "table-scroll" }, box)) }, pandoc.Attr(id, { "table-float" }))
end

-- Whether the rows of a table are surely higher together than the template's `floated` lets float, in points: it would set the whole
-- table once more to measure it. A row has 6.4 above and below its line, and a line at least half of the size of its type.
local function stays(block)
  local height = 0
  local function of(tbl)
    local line = (tonumber((tbl.attributes["typst:text:size"] or ""):match("^[%d.]+")) or 0) / 2
    for _, body in ipairs(tbl.bodies) do
      for _, row in ipairs(body.body) do
        local said = row.cells:find_if(function(cell) return cell.row_span == 1 and pandoc.utils.stringify(cell.contents) ~= "" end)
        height = height + (said and 6.4 + line or 0)
      end
    end
  end
  if block.t == "Table" then of(block) end
  return height > 450
end

-- Typst moves a figure or table, with the note below it, to where a page has room, but not into the next section of the first
-- level. In the supplement each stays below its heading.
function parts.floated(blocks, kind_of)
  local result, supplement, section, i = pandoc.Blocks({}), false, 0, 1
  while i <= #blocks do
    local block, note, kind = blocks[i], blocks[i + 1], kind_of(blocks[i])
    supplement = supplement or block.t == "Header" and block.classes:includes("supplement")
    if block.t == "Header" and block.level == 1 then
      section = section + 1
      result:insert(raw("typst", "#place.flush()"))
    end
    if kind == "figure" or kind == "table" then
      local call = (supplement and "kept" or "floated") .. '("' .. kind .. '", '
      if kind == "table" and stays(block) then call = "staying(" end
      result:extend({ raw("typst", "#" .. call .. section .. ")["), block })
      if note and note.t == "Div" and note.classes:includes("table-note") then
        result:insert(note)
        i = i + 1
      end
      result:insert(raw("typst", "]"))
    else
      result:insert(block)
    end
    i = i + 1
  end
  return result
end

-- callouts and pages -----------------------------------------------------------------------------------------------------

parts.callouts = { note = "Note", tip = "Tip", warning = "Warning", important = "Important", caution = "Caution" }

function parts.callout(name, title, content, id)
  if written == "typst" then
    return { raw("typst", '#boxed("' .. name .. '")[#boxed-title['), pandoc.Plain(title), raw("typst", "]") }
      .. content .. { raw("typst", id ~= "" and "] <" .. id .. ">" or "]") }
  elseif written == "docx" then
    return {
      pandoc.Div({ pandoc.Para(title) }, pandoc.Attr(id, {}, { ["custom-style"] = "Callout Title" })),
      pandoc.Div(content, { ["custom-style"] = "Callout" }),
    }
  end
  local head = pandoc.Para({ pandoc.Strong(title) })
  if written == "jats" then return parts.boxed({ head } .. content, id) end
  head = pandoc.Div({ head }, { class = "callout-title" })
  return pandoc.Div({ head } .. content, pandoc.Attr(id, { "callout", "callout-" .. name }, { role = "note" }))
end

-- A section of its own needs header and footer by name: these are those of reference.docx.
local footer = '<w:headerReference w:type="default" r:id="rId10"/><w:footerReference w:type="default" r:id="rId9"/>'
local portrait = '<w:p><w:pPr><w:sectPr>' .. footer .. '<w:pgSz w:w="11906" w:h="16838"/>%s</w:sectPr></w:pPr></w:p>'
local landscape = portrait:gsub('w:w="11906" w:h="16838"', 'w:w="16838" w:h="11906" w:orient="landscape"')
local margins = '<w:pgMar w:top="1417" w:right="1304" w:bottom="1417" w:left="1304" w:header="709" w:footer="709" w:gutter="0"/>'

-- Before the tables are laid out: which have the long side of the page.
function parts.turned(div)
  if written ~= "typst" and written ~= "docx" or not div.classes:includes("landscape") then return nil end
  return div:walk({ Table = function(tbl) tbl.attributes.landscape = "1" return tbl end })
end

function parts.page(div)
  if div.classes:includes("landscape") then
    if written == "typst" then
      return { raw("typst", "#page(flipped: true)[") } .. div.content .. { raw("typst", "]") }
    elseif written == "docx" then
      return { raw("openxml", portrait:format(margins)) } .. div.content .. { raw("openxml", landscape:format(margins)) }
    elseif written == "jats" then
      return div.content
    end
  elseif div.classes:includes("pagebreak") then
    if written == "typst" then return raw("typst", "#pagebreak(weak: true)") end
    if written == "docx" then return raw("openxml", '<w:p><w:r><w:br w:type="page"/></w:r></w:p>') end
    if written == "jats" then return {} end
  end
end

return parts
