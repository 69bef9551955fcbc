-- Where the patients are no reconstruction nothing is said of one: before Quarto numbers anything.
function Div(div)
  if div.classes:includes("reconstruction") then return {} end
end
