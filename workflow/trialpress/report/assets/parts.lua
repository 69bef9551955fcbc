-- The parts of an article as each writer gets them, whichever engine has read and counted them: captions, references,
-- figures, tables, callouts, pages.

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

-- A head that begins with a span of class "spanner" stands below it: once over all neighbours that share it.
local function spanned(tbl)
  local upper, lower, last, beside = pandoc.List(), pandoc.List(), nil, pandoc.List()
  local heavy = written == "typst" and { ["typst:text:weight"] = '"semibold"' } or {}
  if #tbl.head.rows ~= 1 then return end
  for i, cell in ipairs(tbl.head.rows[1].cells) do
    local text = cell.contents[1] and cell.contents[1].content or pandoc.Inlines({})
    local span = text[1]
    if span and span.t == "Span" and span.classes:includes("spanner") then
      local said = pandoc.utils.stringify(span)
      if said == last then
        upper[#upper].col_span = upper[#upper].col_span + 1
      else
        local over = pandoc.Inlines(span.content)
        if written == "typst" then over:insert(pandoc.RawInline("typst", "#spanner-rule")) end
        upper:insert(pandoc.Cell({ pandoc.Plain(over) }, "AlignCenter"))
      end
      last = said
      text:remove(1)
      if text[1] and text[1].t == "Space" then text:remove(1) end
      lower:insert(pandoc.Cell({ pandoc.Plain(text) }, cell.alignment, 1, 1, heavy))
    else
      last = nil
      upper:insert(cell)
      beside:insert({ cell = cell, align = tbl.colspecs[i][1] == "AlignRight" and "right" or "left" })
    end
  end
  if #lower == 0 then return end
  for _, found in ipairs(beside) do
    found.cell.row_span = 2
    if written == "typst" then found.cell.attributes["typst:align"] = found.align .. " + bottom" end
  end
  tbl.head.rows = { pandoc.Row(upper), pandoc.Row(lower) }
end

-- The cells of rows with the number of their first column, which a cell that spans rows moves on in the rows below it.
local function placed(rows)
  local found, taken = pandoc.List(), {}
  for _, row in ipairs(rows) do
    local column = 1
    for _, cell in ipairs(row.cells) do
      while (taken[column] or 0) > 0 do taken[column], column = taken[column] - 1, column + 1 end
      found:insert({ cell = cell, column = column })
      for spread = column, column + cell.col_span - 1 do taken[spread] = cell.row_span - 1 end
      column = column + cell.col_span
    end
    for rest, rows_left in pairs(taken) do
      if rest >= column and rows_left > 0 then taken[rest] = rows_left - 1 end
    end
  end
  return found
end

-- Per column the signs of the longest cell and of the longest word of its head.
local function lengths(tbl)
  local cells, words = tbl.colspecs:map(function() return 1 end), tbl.colspecs:map(function() return 1 end)
  local function look(rows, head)
    for _, found in ipairs(placed(rows)) do
      local column, said = found.column, pandoc.utils.stringify(found.cell.contents)
      found.cell.contents:walk({ -- a reference has its number later, and does not break
        Cite = function() words[column] = math.max(words[column], 13) end,
        RawInline = function(el) if el.text:match("^#ref") then words[column] = math.max(words[column], 13) end end,
      })
      if found.cell.col_span == 1 then
        if not head then cells[column] = math.max(cells[column], utf8.len(said) or #said) end
        for word in said:gmatch("%S+") do words[column] = math.max(words[column], utf8.len(word) or #word) end
        if head then cells[column] = math.max(cells[column], math.min(9, utf8.len(said) or #said)) end
      end
    end
  end
  look(tbl.head.rows, true)
  for _, body in ipairs(tbl.bodies) do look(body.body, false) end
  return cells, words
end

-- Word gives every column the same width, and Typst every one that does not fit: as wide as the content, within bounds.
-- Typst's text is set smaller, down to 70 %, where the columns need it.
local function widths_by_content(tbl)
  local cells, words = lengths(tbl)
  local sum, whole, need = 0, 0, pandoc.List()
  for i, length in ipairs(cells) do
    need[i] = math.max(math.min(written == "docx" and 45 or 60, length), words[i]) + (written == "docx" and 4 or 2)
    sum, whole = sum + need[i], whole + length + 2
  end
  if written == "typst" then
    local page = tbl.attributes.landscape and 171 or 112 -- signs of 8.5 points in a line
    tbl.attributes.landscape = nil
    if whole <= page then return {} end
    if #cells > 6 and sum > page then tbl.attributes["typst:text:size"] = ("%.1fpt"):format(math.max(6, 8.5 * page / sum)) end
  end
  return need
end

function parts.columns(tbl)
  spanned(tbl)
  local shares = pandoc.List()
  for width in (tbl.attributes["tbl-colwidths"] or ""):gmatch("%d+%.?%d*") do shares:insert(tonumber(width)) end
  if #shares == 0 and (written == "docx" or written == "typst") then shares = widths_by_content(tbl) end
  local sum = 0
  for _, share in ipairs(shares) do sum = sum + share end
  if #shares == #tbl.colspecs then
    tbl.colspecs = tbl.colspecs:map(function(spec, i) return { spec[1], shares[i] / sum } end)
  end
  tbl.attributes["tbl-colwidths"] = nil
end

-- For JATS, whose writer makes a box of a division; Quarto takes divisions away before.
function parts.boxed(blocks, id)
  if not quarto then return pandoc.Div(blocks, pandoc.Attr(id)) end
  local open = id ~= "" and '<boxed-text id="' .. id .. '">' or "<boxed-text>"
  return { raw("jats", open) } .. pandoc.Blocks(blocks) .. { raw("jats", "</boxed-text>") }
end

-- HTML: a wide table scrolls while its caption stays; the heads of columns and rows say that they are.
function parts.html_table(id, caption, tbl)
  local longest = lengths(tbl)
  for _, found in ipairs(placed(tbl.head.rows)) do
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

-- Typst moves a figure or table, with the note below it, to where a page has room; in the supplement tables stay where
-- they are and fill what figures leave.
function parts.floated(blocks, kind_of)
  local result, supplement, i = pandoc.Blocks({}), false, 1
  while i <= #blocks do
    local block, note, kind = blocks[i], blocks[i + 1], kind_of(blocks[i])
    supplement = supplement or block.t == "Header" and block.classes:includes("supplement")
    if kind == "figure" or kind == "table" and not supplement then
      result:extend({ raw("typst", '#floated("' .. kind .. '")['), block })
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
  if written ~= "typst" or not div.classes:includes("landscape") then return nil end
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
