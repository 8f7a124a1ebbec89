-- Keeps something that was authentic but could not be used, once, within a bound.
--
-- KEYS  1 seen mark   2 quarantine stream   3 feed
-- ARGV  1 seen mark's value   2 its life in ms   3 most entries   4 count of feed fields
--       5... feed fields, then the entry's fields
-- Answers {"ok", id} | {"seen", mark} | {"full"}.

local seen = redis.call('GET', KEYS[1])
if seen then return {'seen', seen} end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[3]) then return {'full'} end
local entry_first = 5 + tonumber(ARGV[4])
local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, entry_first))
local reply = redis.pcall('XADD', KEYS[3], '*', unpack(ARGV, 5, entry_first - 1))
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
