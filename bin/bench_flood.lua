-- For wrk: the page of the command line, and each tenth time a search that nobody did before.
local threads, number = 0, 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

function init()
  -- LuaJIT begins every thread of every run with the same numbers otherwise.
  math.randomseed(os.time() * 100 + seed)
end

function request()
  number = number + 1
  if number % 10 ~= 0 then return wrk.request() end
  return wrk.format("GET", "/oproepen/?q=zoek" .. math.random(1, 1000000000))
end
