-- For wrk: the page of the command line, and each tenth time a search that nobody did before.
local number = 0

request = function()
  number = number + 1
  if number % 10 ~= 0 then return wrk.request() end
  return wrk.format("GET", "/oproepen/?q=zoek" .. math.random(1, 1000000000))
end
