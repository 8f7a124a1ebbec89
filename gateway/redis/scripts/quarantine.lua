-- Keeps something that was authentic but could not be used, once, within a bound.
--
-- KEYS  1 seen mark   2 quarantine stream   3 feed
-- ARGV  1 seen mark's value   2 its life in ms   3 most entries   4 most bytes of memory
--       5 count of feed fields   6... feed fields, then the entry's fields
-- Answers {"ok", id} | {"seen", mark} | {"full"}.

local seen = redis.call('GET', KEYS[1])
if seen then return {'seen', seen} end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[3]) then return {'full'} end
-- SAMPLES 0 looks at every node of the stream, so the figure is exact; nil without the stream.
local bytes = redis.call('MEMORY', 'USAGE', KEYS[2], 'SAMPLES', '0') or 0
if bytes >= tonumber(ARGV[4]) then return {'full'} end
local entry_first = 6 + tonumber(ARGV[5])
local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, entry_first))
local reply = redis.pcall('XADD', KEYS[3], '*', unpack(ARGV, 6, entry_first - 1))
local fact = reply
if type(reply) == 'string' then
  reply = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
if type(reply) == 'table' and reply.err then
  redis.pcall('XDEL', KEYS[2], id)
  if type(fact) == 'string' then redis.pcall('XDEL', KEYS[3], fact) end
  return reply
end
return {'ok', id}
