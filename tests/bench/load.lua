-- Load for wrk: signed requests out of a file, each sent once, and a round that ends clean.
--
--     wrk -t1 -cC -dLONG --timeout 10s -s load.lua URL -- FILE SECONDS CONNECTIONS once|again
--
-- FILE holds records of six decimal digits (the length) and that many bytes (a whole request), made
-- by signed_requests.py. With "again" the file is read from its beginning when it ends; with "once"
-- that is a failure, because a second sending would be answered as seen and cost less.
--
-- wrk alone ends a run in the middle: what is in flight is cut off, and nobody knows what became of
-- it. Here each connection that asks for work after SECONDS gets the first line of a request and no
-- more, which the server waits for and never answers. Once every connection has got one, everything
-- that was sent whole has been answered, so that the counts of both sides must be equal.
local ffi = require("ffi")
ffi.cdef([[
  struct bench_time { long seconds; long nanoseconds; };
  int clock_gettime(int clock, struct bench_time *now);
  int getpid(void);
  int kill(int pid, int signal);
]])

local kMonotonic = 1
local kSigInt = 2
local kUnfinished = "POST /hooks/instagram-main HTTP/1.1\r\n"
local time = ffi.new("struct bench_time")

local function now()
  ffi.C.clock_gettime(kMonotonic, time)
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

local main_thread
function setup(thread)
  main_thread = thread
end

function init(args)
  file = assert(io.open(args[1], "rb"))
  seconds = tonumber(args[2])
  connections = tonumber(args[3])
  again = args[4] == "again"
  sent = 0
  is_probed = false
  resting = 0
  exhausted = 0
  first = 0
  last = 0
end

local function next_record()
  local length = file:read(6)
  if not length then
    if not again then return nil end
    file:seek("set", 0)
    length = file:read(6)
  end
  return file:read(tonumber(length))
end

function request()
  if not is_probed then  -- wrk parses one request before it begins, and does not send it
    is_probed = true
    return kUnfinished .. "\r\n"
  end
  local at = now()
  if first == 0 then first = at end
  if exhausted == 0 and at - first < seconds then
    local record = next_record()
    if record then
      sent = sent + 1
      return record
    end
    exhausted = 1
  end
  resting = resting + 1
  if resting == connections then
    last = at
    wrk.thread:stop()
    ffi.C.kill(ffi.C.getpid(), kSigInt)  -- wrk's main thread sleeps for the whole -d otherwise
  end
  return kUnfinished
end

function done(summary, latency, requests)
  local get = function(name) return main_thread:get(name) end
  local errors = summary.errors
  io.write(string.format(
    'round {"sent":%d,"answered":%d,"refused":%d,"lost":%d,"resting":%d,"exhausted":%d,' ..
    '"seconds":%.6f,"p50_us":%d,"p99_us":%d,"max_us":%d}\n',
    get("sent"), summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, get("resting"),
    get("exhausted"), get("last") - get("first"), latency:percentile(50), latency:percentile(99),
    latency.max))
end
