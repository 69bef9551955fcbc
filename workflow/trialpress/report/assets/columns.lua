-- The columns of tables as each writer needs them: spanning headers, widths, type and parts of wide tables.

local columns = { written = FORMAT:match("^%a+"):gsub("html5", "html") }

-- The name in a head that begins with a span of class "spanner"; nil without.
local function spanner_of(cell)
  local text = cell.contents[1] and cell.contents[1].content
  local first = text and text[1]
  return first and first.t == "Span" and first.classes:includes("spanner") and pandoc.utils.stringify(first) or nil
end

-- A head that begins with a span of class "spanner" stands below it: once over all neighbours that share it.
local function spanned(tbl)
  local upper, lower, last, beside = pandoc.List(), pandoc.List(), nil, pandoc.List()
  local heavy = columns.written == "typst" and { ["typst:text:weight"] = '"semibold"' } or {}
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
        if columns.written == "typst" then over:insert(pandoc.RawInline("typst", "#spanner-rule")) end
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
    if columns.written == "typst" then found.cell.attributes["typst:align"] = found.align .. " + bottom" end
  end
  tbl.head.rows = { pandoc.Row(upper), pandoc.Row(lower) }
end

-- The cells of rows with the number of their first column, which a cell that spans rows moves on in the rows below it.
function columns.placed(rows)
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

-- Whether a table holds one of these elements: if none, no cell need be walked.
local function holds(tbl, names)
  local found, filter = false, {}
  for _, name in ipairs(names) do filter[name] = function() found = true end end
  tbl:walk(filter)
  return found
end

-- Per column the signs of its longest cell and, where they are `broken`, of the longest word that it may not break.
function columns.lengths(tbl, broken)
  local cells, words = tbl.colspecs:map(function() return 1 end), tbl.colspecs:map(function() return 1 end)
  local refers = broken and holds(tbl, { "Cite", "RawInline" })
  local function look(rows, head)
    for _, found in ipairs(columns.placed(rows)) do
      local column, said = found.column, pandoc.utils.stringify(found.cell.contents)
      if refers then
        found.cell.contents:walk({ -- a reference has its number later, and does not break
          Cite = function() words[column] = math.max(words[column], 13) end,
          RawInline = function(el) if el.text:match("^#ref") then words[column] = math.max(words[column], 13) end end,
        })
      end
      if found.cell.col_span == 1 then
        local long = utf8.len(said) or #said
        cells[column] = math.max(cells[column], head and math.min(9, long) or long)
        for word in (broken and said or ""):gmatch("%S+") do words[column] = math.max(words[column], utf8.len(word) or #word) end
      end
    end
  end
  look(tbl.head.rows, true)
  for _, body in ipairs(tbl.bodies) do look(body.body, false) end
  return cells, words
end

-- Typst lets a word of a narrow column run into the next one. What a text takes of the size of its type.
local narrow, broad = "[%.,:;'|!%(%)%[%]%-/ iljtfrI]", "[mwMW%%]"

local function measure(said, heavy)
  local sum = 0
  for _, code in utf8.codes(said, true) do
    local sign = code < 128 and string.char(code) or "n"
    sum = sum + (code == 0xa0 and .25 or sign:match(narrow) and .33 or sign:match(broad) and .86 or sign:match("%u") and .62 or .54)
  end
  return sum * (heavy and 1.06 or 1)
end

-- Per column the longest line and word of its cells, and of its head.
local function measured(tbl)
  local function none() return tbl.colspecs:map(function() return 0 end) end
  local line, word, title, head = none(), none(), none(), none()
  local differs = holds(tbl, { "Cite", "RawInline", "Strong" })
  local function look(rows, lines, words, heavy)
    for _, found in ipairs(columns.placed(rows)) do
      local i, said, bold = found.column, pandoc.utils.stringify(found.cell.contents), heavy
      if differs then
        found.cell.contents:walk({ -- a reference has its number later, and does not break
          Cite = function() words[i] = math.max(words[i], 6.5) end,
          RawInline = function(el) if el.text:match("^#ref") then words[i] = math.max(words[i], 6.5) end end,
          Strong = function() bold = true end,
        })
      end
      if found.cell.col_span == 1 then
        local over = words == head and spanner_of(found.cell) or ""
        said = said:sub(#over + 1)
        lines[i] = math.max(lines[i], measure(said, bold))
        for piece in said:gmatch("%S+") do words[i] = math.max(words[i], measure(piece, bold)) end
      end
    end
  end
  look(tbl.head.rows, title, head, true)
  for _, body in ipairs(tbl.bodies) do look(body.body, line, word, false) end
  return { line = line, word = word, title = title, head = head }
end

local page = { upright = 465, landscape = 711 } -- points of a line
-- Ems: of a head turned upright, of a name, of a number that should not wrap, of a text beyond which it wraps.
local UPRIGHT, NAME, NUMBER, MOST = 1.3, 8, 9, 30
-- What is tried, from the best: sizes of the type in points, whether numbers may wrap, whether heads may be turned upright.
local tries = {
  { { 8.5, 8, 7.5, 7, 6.5 }, false, false },
  { { 8.5, 8, 7.5, 7 }, true, false },
  { { 8.5, 8, 7.5, 7, 6.5 }, false, true },
  { { 8.5, 8, 7.5, 7 }, true, true },
}
local last_try = { { { 6.5, 6, 5.5, 5 }, true, true } }
if columns.written == "docx" then -- the type is that of the style
  tries, last_try = { { { 8.5 }, false, false }, { { 8.5 }, true, false } }, {}
end

-- The room that is left, given so that as many columns as can be do not wrap; the others share what remains.
local function filled(widths, wanted, left)
  local order = widths:map(function(_, at) return at end)
  table.sort(order, function(a, b) return wanted[a] < wanted[b] or wanted[a] == wanted[b] and a < b end)
  for place, at in ipairs(order) do
    local given = math.min(wanted[at], left / (#order - place + 1))
    widths[at], left = widths[at] + given, left - given
  end
  return widths
end

local function in_type(of, shown, size, wraps, turns)
  local gap = size < 8 and 2.5 or 4
  local turned = shown:map(function(i) return turns and i > 1 and of.head[i] > math.max(of.word[i], UPRIGHT) end)
  local sum, least, spare = 0, pandoc.List(), pandoc.List()
  for at, i in ipairs(shown) do
    local whole = i == 1 and math.min(of.line[i], NAME) or not wraps and of.line[i] <= NUMBER and of.line[i] or 0
    least[at] = math.max(of.word[i], whole, turned[at] and UPRIGHT or of.head[i]) * size + 2 * gap
    spare[at] = math.max(math.min(math.max(of.line[i], of.title[i]), MOST) * size + 2 * gap - least[at], 0)
    if turned[at] then spare[at] = 0 end
    sum = sum + least[at]
  end
  return sum, { size = size, gap = gap, widths = least, turned = turned, shown = shown }, spare
end

-- How the first column and those from `from` to `to` fit a page: size of the type, gap, widths, and which heads are turned
-- upright because their words ask for more than the cells. Nil if they do not fit.
local function fitted(of, from, to, room, tried)
  local shown = pandoc.List({ 1 })
  for i = math.max(from, 2), to do shown:insert(i) end
  for _, try in ipairs(tried) do
    for _, size in ipairs(try[1]) do
      local sum, fit, spare = in_type(of, shown, size, try[2], try[3])
      if sum <= room then
        fit.widths = filled(fit.widths, spare, room - sum):map(function(width) return width / room end)
        return fit
      end
    end
  end
end

-- The columns of each part of a table that is too wide for a page, `most` of them at the most; a spanning header is divided
-- only if it is too wide alone.
local function divided(tbl, of, room, most)
  local fits, from, last, cells = pandoc.List(), 2, #tbl.colspecs, tbl.head.rows[1].cells
  while from <= last do
    local to = from
    while to < math.min(last, from + most - 1) and fitted(of, from, to + 1, room, tries) do to = to + 1 end
    local over, whole = to < last and spanner_of(cells[to + 1]), to
    while over and whole >= from and spanner_of(cells[whole]) == over do whole = whole - 1 end
    to = whole >= from and whole or to
    local fit = fitted(of, from, to, room, tries) or fitted(of, from, to, room, last_try)
    if not fit then return nil end
    fits:insert(fit)
    from = to + 1
  end
  return fits
end

-- The same in as few parts, of about as many columns each.
local function evenly_divided(tbl, of, room)
  local fits = divided(tbl, of, room, #tbl.colspecs)
  if not fits then return nil end
  local even = divided(tbl, of, room, math.ceil((#tbl.colspecs - 1) / #fits))
  return #even == #fits and even or fits
end

local function plain(tbl) -- no cell spans several columns or rows
  local function single(row)
    for _, cell in ipairs(row.cells) do if cell.col_span > 1 or cell.row_span > 1 then return false end end
    return #row.cells == #tbl.colspecs
  end
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do if not single(row) then return false end end
  end
  return #tbl.head.rows == 1 and single(tbl.head.rows[1])
end

local function part(tbl, fit)
  local own = tbl:clone()
  local function kept(row) return pandoc.Row(fit.shown:map(function(i) return row.cells[i] end), row.attr) end
  own.colspecs = fit.shown:map(function(i) return tbl.colspecs[i] end)
  own.head.rows = pandoc.List(own.head.rows):map(kept)
  own.bodies = pandoc.List(own.bodies):map(function(body)
    body.body = pandoc.List(body.body):map(kept)
    return body
  end)
  return own
end

local function turn(cell)
  local text = cell.contents[1] and cell.contents[1].content
  if not text then return end
  local start = spanner_of(cell) and (text[2] and text[2].t == "Space" and 3 or 2) or 1
  text:insert(pandoc.RawInline("typst", "]"))
  text:insert(start, pandoc.RawInline("typst", "#upright["))
end

local function set(tbl, fit)
  for at, cell in ipairs(#tbl.head.rows == 1 and tbl.head.rows[1].cells or {}) do
    if fit.turned[at] then turn(cell) end
  end
  tbl.colspecs = tbl.colspecs:map(function(spec, i) return { spec[1], fit.widths[i] } end)
  tbl.attributes["typst:text:size"] = fit.size .. "pt"
  tbl.attributes["typst:inset"] = ("(x: %gpt, y: 3.2pt)"):format(fit.gap)
end

-- For Typst: the type is set smaller and heads are turned where a table is too wide, and what does not fit even so is
-- divided into parts. The parts after the first have no caption.
local function for_typst(tbl)
  local room = tbl.attributes.landscape and page.landscape or page.upright
  tbl.attributes.landscape = nil
  local of, whole = measured(tbl), 0
  for i, line in ipairs(of.line) do whole = whole + math.max(line, of.title[i]) * 8.5 + 8 end
  if whole <= room then return pandoc.List({ tbl }) end
  local fit = fitted(of, 1, #tbl.colspecs, room, tries)
  local fits = fit and pandoc.List({ fit }) or not quarto and plain(tbl) and evenly_divided(tbl, of, room)
    or pandoc.List({ fitted(of, 1, #tbl.colspecs, room, last_try) })
  local tables = #fits < 2 and pandoc.List({ tbl }) or fits:map(function(one) return part(tbl, one) end)
  for i, own in ipairs(tables) do
    if fits[i] then set(own, fits[i]) end
  end
  return tables
end

local WIDER = 1.3 -- than the type that is measured is the widest that Word takes where there is none of that name

-- Word gives every column the same width: as wide as the content, within bounds. A table of which a word would be broken gets the
-- widths that its words ask for, or is divided into parts.
local function for_word(tbl)
  local cells, words = columns.lengths(tbl, true)
  local need, sum, broken = pandoc.List(), 0, false
  for i, length in ipairs(cells) do
    need[i] = math.max(math.min(45, length), words[i]) + 4
    sum = sum + need[i]
  end
  local room, of = (tbl.attributes.landscape and page.landscape or page.upright) / WIDER, measured(tbl)
  tbl.attributes.landscape = nil
  for i, width in ipairs(need) do broken = broken or width / sum * room < math.max(of.word[i], of.head[i]) * 8.5 + 8 end
  local fit = broken and fitted(of, 1, #tbl.colspecs, room, tries)
  local fits = fit and pandoc.List({ fit }) or broken and not quarto and plain(tbl) and evenly_divided(tbl, of, room)
  if not fits then
    tbl.colspecs = tbl.colspecs:map(function(spec, i) return { spec[1], need[i] / sum } end)
    return pandoc.List({ tbl })
  end
  return fits:map(function(one)
    local own = #fits == 1 and tbl or part(tbl, one)
    own.colspecs = own.colspecs:map(function(spec, i) return { spec[1], one.widths[i] } end)
    return own
  end)
end

-- The table, or its parts, with the widths of their columns and with spanning headers.
function columns.laid_out(tbl)
  local shares, tables, drawn = pandoc.List(), pandoc.List({ tbl }), 0
  for _, spec in ipairs(tbl.colspecs) do drawn = drawn + (spec[2] or 0) end
  if drawn > 0 and drawn < .5 then -- from the dashes of a drawn table, of lines that have no end
    tbl.colspecs = tbl.colspecs:map(function(spec) return { spec[1], nil } end)
  end
  for width in (tbl.attributes["tbl-colwidths"] or ""):gmatch("%d+%.?%d*") do shares:insert(tonumber(width)) end
  tbl.attributes["tbl-colwidths"] = nil
  if #shares == #tbl.colspecs then
    local sum = 0
    for _, share in ipairs(shares) do sum = sum + share end
    tbl.colspecs = tbl.colspecs:map(function(spec, i) return { spec[1], shares[i] / sum } end)
  elseif #shares == 0 and columns.written == "docx" then
    tables = for_word(tbl)
  elseif #shares == 0 and columns.written == "typst" then
    tables = for_typst(tbl)
  end
  for _, own in ipairs(tables) do
    spanned(own)
    local size = own.attributes["typst:text:size"] or "8.5pt"
    own.attributes["typst:text:size"] = columns.written == "typst" and size or nil
  end
  return tables
end

return columns
