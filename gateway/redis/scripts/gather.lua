-- Adds one post to its customer's open gathering: list and timer change together.
--
-- KEYS  1 seen mark   2 feed   3 journey   4 delayed   5 held entry: the gathering
--       6 the customer's gathering   7 customer   8 second seen mark
-- ARGV  1 seen mark's value   2 its life in ms
--       3 journey as evaluated ("" = none, "-" = any)   4 journey to write   5 its life in ms
--       6 customer as evaluated ("" = none, "*" = any)   7 customer to write   8 its life in ms
--       9 member of delayed   10 now in ms   11 quiet time in ms   12 most after the first post, ms
--       13 text   14 part   15 attachments: pieces of the entry (gateway/intake/held.h)
--       16 most posts   17 most bytes of pieces   18 reply_before ("" = leave)
--       19 "flush": it is due at once   20 life of the customer's gathering in ms (0 = as it is)
--       21... the values of the fact, in the order of their fields below
--
-- Answers {"ok", "" | "due"} | {"seen", mark} | {"changed", journey, customer} | {"gone"}.
-- "due": nothing more is waited for, the caller releases it now; should it die before, the steward
-- does. "gone": it was released; the post is an entry of its own, of the same journey.
-- Whether a post is added or comes too late is decided here, in one atomic act with the release
-- (release.lua), so none is lost and none is told twice. An error reply means that nothing was
-- written: each write is undone when a later one fails. The mark is written last.

local now
if KEYS[8] then
  now = redis.call('MGET', KEYS[1], KEYS[3], KEYS[7], KEYS[8])
else
  now = redis.call('MGET', KEYS[1], KEYS[3], KEYS[7])
end
local seen = now[1] or now[4]
if seen then return {'seen', seen} end
local held = redis.call('HMGET', KEYS[5], '_n', '_bytes', '_first', 'reply_before')
if not held[1] then return {'gone'} end
local journey, customer = now[2] or '', now[3] or ''
if (ARGV[3] ~= '-' and journey ~= ARGV[3]) or (ARGV[6] ~= '*' and customer ~= ARGV[6]) then
  return {'changed', journey, customer}
end
local score = redis.call('ZSCORE', KEYS[4], ARGV[9])

local n = tonumber(held[1]) + 1
local bytes = tonumber(held[2]) + #ARGV[13] + #ARGV[14] + #ARGV[15]
local at = math.min(tonumber(ARGV[10]) + tonumber(ARGV[11]),
                    tonumber(held[3]) + tonumber(ARGV[12]))
local is_due = ARGV[19] == 'flush' or n >= tonumber(ARGV[16]) or bytes >= tonumber(ARGV[17])
if is_due then at = tonumber(ARGV[10]) end

local added, timed, fact_id, wrote_journey, wrote_customer, wrote_second_mark
local function failed(reply)
  if type(reply) ~= 'table' or not reply.err then return false end
  if wrote_second_mark then redis.pcall('DEL', KEYS[8]) end
  if wrote_customer and customer ~= '' then
    redis.pcall('SET', KEYS[7], customer, 'PX', ARGV[8])
  elseif wrote_customer then
    redis.pcall('DEL', KEYS[7])
  end
  if wrote_journey and journey ~= '' then
    redis.pcall('SET', KEYS[3], journey, 'PX', ARGV[5])
  elseif wrote_journey then
    redis.pcall('DEL', KEYS[3])
  end
  if fact_id then redis.pcall('XDEL', KEYS[2], fact_id) end
  if timed and score then redis.pcall('ZADD', KEYS[4], score, ARGV[9]) end
  if added then
    redis.pcall('HSET', KEYS[5], '_n', held[1], '_bytes', held[2], 'reply_before', held[4])
    redis.pcall('HDEL', KEYS[5], '_t' .. n, '_p' .. n, '_a' .. n)
  end
  return true
end

local reply = redis.pcall('HSET', KEYS[5], '_n', n, '_bytes', bytes, '_t' .. n, ARGV[13],
  '_p' .. n, ARGV[14], '_a' .. n, ARGV[15],
  'reply_before', ARGV[18] ~= '' and ARGV[18] or held[4] or '')
if failed(reply) then return reply end
added = true
reply = redis.pcall('ZADD', KEYS[4], string.format('%.0f', at), ARGV[9])
if failed(reply) then return reply end
timed = true
reply = redis.pcall('XADD', KEYS[2], '*', 'fact', ARGV[21], 'id', ARGV[22],
  'tracking_number', ARGV[23], 'at', ARGV[24], 'body', ARGV[25])
if failed(reply) then return reply end
fact_id = reply
reply = redis.pcall('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
if failed(reply) then return reply end
wrote_journey = true
reply = redis.pcall('SET', KEYS[7], ARGV[7], 'PX', ARGV[8])
if failed(reply) then return reply end
wrote_customer = true
if ARGV[20] ~= '0' then redis.pcall('PEXPIRE', KEYS[6], ARGV[20]) end
if KEYS[8] then
  reply = redis.pcall('SET', KEYS[8], ARGV[1], 'PX', ARGV[2])
  if failed(reply) then return reply end
  wrote_second_mark = true
end
reply = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if failed(reply) then return reply end
return {'ok', is_due and 'due' or ''}
