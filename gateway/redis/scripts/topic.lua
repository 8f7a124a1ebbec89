-- Counts the customers of a topic and escalates it once for each level, or clears it.
--
-- KEYS  1 topics   2 customers of the topic by their last contact   3 feed   4 due
--       5 stream and 6 about hash of the first level's queue, and so on for each level
-- ARGV  1 topic   2 now in ms   3 length of its time, ms   4 cleared below
--       then for each level: 5 customers   6 queue   7 due time in ms ("" = none)
--       8 first score in `due` ("" = none)   9 the entry as JSON: names and values, with @...@
--       where a figure stands
-- Answers {customers, level, what: "" | "escalated" | "cleared"}.
--
-- The level that was told is in `topics`, so that however many stewards count, one of them tells.

local kPerLevel = 5
local now, within = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('XLEN', KEYS[3])
redis.call('ZCARD', KEYS[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('(%.0f', now - within))
local customers = redis.call('ZCARD', KEYS[2])
local stands = redis.call('HGET', KEYS[1], ARGV[1])
local state = stands and cjson.decode(stands) or {level = 0, since = now}

local function tell(fact, more)
  redis.call('XADD', KEYS[3], '*', 'fact', fact, 'id', '', 'tracking_number', '', 'at', ARGV[2],
    'body', '{"topic":"' .. ARGV[1] .. '","customers":' .. customers .. ',"level":' ..
            state.level .. ',"since":' .. string.format('%.0f', state.since) .. more .. '}')
end

if state.level > 0 and customers < tonumber(ARGV[4]) then
  tell('topic_cleared', '')
  redis.call('HDEL', KEYS[1], ARGV[1])
  return {customers, 0, 'cleared'}
end

local levels = (#ARGV - 4) / kPerLevel
local reached = 0
for level = 1, levels do
  if customers >= tonumber(ARGV[kPerLevel * level]) then reached = level end
end
if reached <= state.level then return {customers, state.level, ''} end

state.level = reached
local at = kPerLevel * reached
local queue, stream = ARGV[at + 1], KEYS[2 * reached + 3]
redis.call('XLEN', stream)
local figures = {
  customers = tostring(customers), level = tostring(reached),
  since = string.format('%.0f', state.since),
  per_hour = string.format('%.0f', math.ceil(customers * 3600000 / within))}
local words = cjson.decode(ARGV[at + 4])
for i = 1, #words do words[i] = string.gsub(words[i], '@(%l[%l_]*)@', figures) end
if redis.call('EXISTS', stream) == 0 then
  redis.call('XGROUP', 'CREATE', stream, queue, '0', 'MKSTREAM', 'ENTRIESREAD', '0')
  -- By this consumer reap.lua knows a group that the gateway made.
  redis.call('XGROUP', 'CREATECONSUMER', stream, queue, 'tapline')
end
local entry = redis.call('XADD', stream, '*', unpack(words))
if ARGV[at + 3] ~= '' then redis.call('ZADD', KEYS[4], ARGV[at + 3], queue .. ' ' .. entry) end
redis.call('HSET', KEYS[1], ARGV[1],
           '{"level":' .. reached .. ',"since":' .. string.format('%.0f', state.since) .. '}')
tell('topic_escalated', ',"queue":"' .. queue .. '","entry":"' .. entry .. '"')
return {customers, reached, 'escalated'}
