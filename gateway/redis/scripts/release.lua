-- Moves one held entry to its queue now: one that waits for the hours, for the end of a switch, or
-- for its customer's next post (gathering).
--
-- KEYS  1 held entry (hash)   2 its timer (sorted set)   3 feed   4 due
--       5 stream of its lane   6 that lane's about hash
--       7 stream of its queue (the same, but for an express lane)   8 that queue's about hash
--       9 lanes ever used: whoever is released there is found by the steward, although the lane was
--       removed meanwhile
--       10 stream and 11 about hash of the first copy's queue, and so on for each copy
-- ARGV  1 member of the timer   2 now in ms   3 latest score that is due ("" = any: at once)
--       4 lane   5 queue; its consumer group has the same name
--       6 most entries of the express lane ("" = the lane is none)   7... queues of the copies
-- Answers {"ok", lane, entry id} | {"gone"} (released before: its timer is taken off)
-- | {"early"} (the timer was set anew) | {"changed"} (the lane or the copies are not those given).
--
-- The hash has the entry's fields under their own names, and what stands behind a "_": see
-- gateway/intake/held.h. Any number of callers may ask for the same entry at once: the act is
-- atomic, and whoever comes second finds nothing. Keys of a wrong type end it before anything is
-- written; what is written is undone when a later write fails.

local list = redis.call('HGETALL', KEYS[1])
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if #list == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return {'gone'}
end
if ARGV[3] ~= '' and score and tonumber(score) > tonumber(ARGV[3]) then return {'early'} end
local held = {}
for i = 1, #list, 2 do held[list[i]] = list[i + 1] end
if held._lane ~= ARGV[4] or held._group ~= ARGV[5]
   or (held._copies or '') ~= table.concat(ARGV, ' ', 7) then
  return {'changed'}
end
redis.call('XLEN', KEYS[3])
redis.call('ZCARD', KEYS[4])

-- A gathering is kept in pieces, so that a post is added without reading the others. They are told in
-- the order in which they were written, which need not be that of arrival.
if held._kind == 'patience' then
  local order, written = {}, {}
  for i = 1, tonumber(held._n) do
    order[i] = i
    -- In a string every quote is escaped, so this is the part's own field.
    written[i] = tonumber(held['_p' .. i]:match('"at":(%-?%d+)')) or 0
  end
  table.sort(order, function(a, b)
    if written[a] ~= written[b] then return written[a] < written[b] end
    return a < b
  end)
  local texts, parts, attachments = {}, {}, {}
  for at, i in ipairs(order) do
    local text, files = held['_t' .. i], held['_a' .. i]
    if text ~= '' then texts[#texts + 1] = text end
    if files ~= '' then attachments[#attachments + 1] = files end
    parts[at] = held['_p' .. i]
  end
  held.data = held._head .. table.concat(texts, '\\n') .. held._mid .. table.concat(parts, ',')
    .. held._list .. table.concat(attachments, ',') .. held._tail
end

local lane, stream, about = ARGV[4], KEYS[5], KEYS[6]
if ARGV[6] ~= '' and redis.call('XLEN', KEYS[5]) >= tonumber(ARGV[6]) then
  lane, stream, about = ARGV[5], KEYS[7], KEYS[8]
  held.priority = 'express_over_cap'
end

local added, fact_id, due_member = {}, nil, nil
local function failed(reply)
  if type(reply) ~= 'table' or not reply.err then return false end
  if due_member then redis.pcall('ZREM', KEYS[4], due_member) end
  if fact_id then redis.pcall('XDEL', KEYS[3], fact_id) end
  for _, one in ipairs(added) do
    redis.pcall('XDEL', one.stream, one.id)
    redis.pcall('HINCRBY', one.about, 'removed', 1)
  end
  return true
end

local kNames = {'v', 'id', 'tracking_number', 'accepted_at', 'type', 'source', 'profile', 'channel',
  'button', 'campaign', 'campaign_by', 'route', 'arm', 'attribution', 'auth', 'priority', 'due_at',
  'reply_before', 'durability', 'config', 'traceparent', 'copy_of', 'data'}

local function add(to, to_about, group)
  local words = {}
  for _, name in ipairs(kNames) do
    words[#words + 1] = name
    words[#words + 1] = held[name] or ''
  end
  local reply = redis.pcall('XADD', to, 'NOMKSTREAM', '*', unpack(words))
  if reply == false then
    reply = redis.pcall('XGROUP', 'CREATE', to, group, '0', 'MKSTREAM', 'ENTRIESREAD', '0')
    if type(reply) == 'table' and reply.err then return reply end
    -- By this consumer reap.lua knows a group that the gateway made.
    redis.pcall('XGROUP', 'CREATECONSUMER', to, group, 'tapline')
    reply = redis.pcall('XADD', to, '*', unpack(words))
  end
  if type(reply) ~= 'table' then added[#added + 1] = {stream = to, about = to_about, id = reply} end
  return reply
end

-- A lane that is known and empty is the steward's to remove, so this needs no undoing.
local known = redis.pcall('SADD', KEYS[9], lane, unpack(ARGV, 7))
if failed(known) then return known end
local entry = add(stream, about, ARGV[5])
if failed(entry) then return entry end
held.due_at, held.copy_of = '', ARGV[5]
for i = 7, #ARGV do
  local reply = add(KEYS[2 * i - 4], KEYS[2 * i - 3], ARGV[i])
  if failed(reply) then return reply end
end

local reply = redis.pcall('XADD', KEYS[3], '*', 'fact', 'released', 'id', held.id,
  'tracking_number', held.tracking_number, 'at', ARGV[2],
  'body', '{"queue":"' .. lane .. '","entry":"' .. entry .. '","kind":"' .. held._kind ..
          '","held_ms":' .. string.format('%.0f', tonumber(ARGV[2]) - tonumber(held._at)) ..
          ',"parts":' .. (held._n or '1') .. '}')
if failed(reply) then return reply end
fact_id = reply
if held._step ~= '' then
  due_member = lane .. ' ' .. entry
  reply = redis.pcall('ZADD', KEYS[4], held._step, due_member)
  if failed(reply) then return reply end
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return {'ok', lane, entry}
