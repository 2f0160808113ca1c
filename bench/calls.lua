-- How wrk calls: with the headers of the environment, each thread for a task of its own where the path has {id}, and
-- in the end a line of figures that a program reads.
--   CALLS: "GET /a/" or "PATCH /a/{id} PATCH /b/{id}", which take turns
--   IDS: the ids of tasks, for {id}; without them {id} is the one that the answer before began with
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(_)
  calls, ids, latest = {}, {}, ""
  turn = number == 0 and -1 or 0 -- wrk asks the first thread for a request that it doesn't send
  for method, path in os.getenv("CALLS"):gmatch("(%S+) (%S+)") do table.insert(calls, {method, path}) end
  for id in (os.getenv("IDS") or ""):gmatch("%d+") do table.insert(ids, id) end
  headers = {}
  for name, value in os.getenv("HEADERS"):gmatch("([^:\n]+): ([^\n]+)") do headers[name] = value end
end

function request()
  local call = calls[turn % #calls + 1]
  local id = ids[number + 1] or latest
  turn = turn + 1
  local body = call[1] == "POST" and "{}" or nil
  return wrk.format(call[1], (call[2]:gsub("{id}", id)), headers, body)
end

if os.getenv("READS_ANSWERS") then
  function response(_, _, body) latest = body:match('"id" ?: ?(%d+)') or latest end
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local half, most = latency:percentile(50), latency:percentile(99)
  io.write(string.format("FIGURES %d %d %d %d %d\n", summary.requests, summary.duration, half, most, failed))
end
