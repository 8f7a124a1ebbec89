-- Accepts one event, whole or not at all.
--
-- KEYS  1 seen mark   2 feed   3 journey   4 due   5 lane's about hash   6 lane's stream
--       7 customer (read but not written when its expected value is "-")   8 second seen mark
--       9 record of the call that the entry is of
--       Events that are only recorded pass no queue entry: nothing is added to KEYS 4 to 6.
--       Only where ARGV has its use, else any key (the first one):
--       10 about hash and 11 stream of the queue whose express lane KEYS 5 and 6 are
--       12 held entry   13 its timer   14 the customer's gathering   15 pilots
--       16 about hash and 17 stream of the first copy's queue, and so on for each copy
-- ARGV  1 seen mark's value   2 its life in ms
--       3 journey as evaluated ("" = none, "-" = any)   4 journey to write ("" = leave)   5 its life in ms
--       6 customer as evaluated ("" = none, "*" = any, "-" = no customer)   7 to write   8 life, ms
--       9 queue; its consumer group has the same name   10 score in due ("" = none)
--       11... the values of the fact, then of the entry, in the order of their fields below: names
--       sent with each call would be a third of its words
--       39 (with KEYS 9) what the entry is to the call: "call", "missed", "voicemail"
--       40 "unless_answered": nothing is added once somebody has answered the call, or its caller
--       has left a message
--       What follows is not sent for an entry that goes to its queue and nowhere else:
--       41 lane   42 most entries of the express lane ("" = the lane is none): above it the entry
--       goes to the queue itself
--       43 ident of the held entry ("" = not held: added now)   44 score in its timer   45 how many
--       pairs of fields are held beside the entry's
--       46 the customer's gathering ("" = none)   47 its life in ms   48 field of pilots ("" = none)
--       49... those fields and values, then the queues of the copies
--
-- Answers {"ok", entry id, lane} | {"seen", mark} | {"changed", journey, customer}
-- | {"taken", journey} | {"answered"}.
-- "changed": a record moved since it was read; the caller evaluates again with what is returned.
-- "taken": a new journey's number names another live journey; the caller derives another number.
-- An error reply means that nothing was written: each write is undone when a later one fails,
-- because scripts do not roll back. The mark is written last, so that a retry starts clean.

local now
if KEYS[8] then
  now = redis.call('MGET', KEYS[1], KEYS[3], KEYS[7], KEYS[8])
else
  now = redis.call('MGET', KEYS[1], KEYS[3], KEYS[7])
end
local seen = now[1] or now[4]
if seen then return {'seen', seen} end
if ARGV[40] == 'unless_answered' then
  local call = redis.call('HMGET', KEYS[9], 'told', 'voicemail')
  if string.find(call[1] or '', 'a', 1, true) or call[2] then return {'answered'} end
end

local has_customer = ARGV[6] ~= '-'
local journey = now[2] or ''
local customer = has_customer and now[3] or ''
if ARGV[3] ~= '-' and journey ~= ARGV[3] then
  if ARGV[3] == '' then return {'taken', journey} end
  return {'changed', journey, customer}
end
if has_customer and ARGV[6] ~= '*' and customer ~= ARGV[6] then
  return {'changed', journey, customer}
end

local lane, stream, about, priority = ARGV[9], KEYS[6], KEYS[5], ARGV[31]
local entry_id, fact_id, wrote_journey, wrote_customer, due_member, wrote_second_mark, wrote_call
local held, member, counted, copies, gathering, gathering_life

local function failed(reply)
  if type(reply) ~= 'table' or not reply.err then return false end
  if wrote_second_mark then redis.pcall('DEL', KEYS[8]) end
  if wrote_call then redis.pcall('HDEL', KEYS[9], ARGV[39]) end
  if due_member then redis.pcall('ZREM', KEYS[4], due_member) end
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
  if entry_id then
    redis.pcall('XDEL', stream, entry_id)
    redis.pcall('HINCRBY', about, 'removed', 1)
  end
  if held then
    redis.pcall('DEL', KEYS[12])
    redis.pcall('ZREM', KEYS[13], member)
    if gathering then
      redis.pcall('SET', KEYS[14], gathering, 'PX', gathering_life)
    elseif ARGV[46] ~= '' then
      redis.pcall('DEL', KEYS[14])
    end
  end
  if counted then redis.pcall('HINCRBY', KEYS[15], ARGV[48], -1) end
  for _, copy in ipairs(copies or {}) do
    redis.pcall('XDEL', copy.stream, copy.id)
    redis.pcall('HINCRBY', copy.about, 'removed', 1)
  end
  return true
end

-- False when there is no stream yet.
local function add_entry(to, due_at, copy_of)
  return redis.pcall('XADD', to, 'NOMKSTREAM', '*',
    'v', ARGV[16], 'id', ARGV[17], 'tracking_number', ARGV[18], 'accepted_at', ARGV[19],
    'type', ARGV[20], 'source', ARGV[21], 'profile', ARGV[22], 'channel', ARGV[23],
    'button', ARGV[24], 'campaign', ARGV[25], 'campaign_by', ARGV[26], 'route', ARGV[27],
    'arm', ARGV[28], 'attribution', ARGV[29], 'auth', ARGV[30], 'priority', priority,
    'due_at', due_at, 'reply_before', ARGV[33], 'durability', ARGV[34], 'config', ARGV[35],
    'traceparent', ARGV[36], 'copy_of', copy_of, 'data', ARGV[38])
end

local function add_to(to, group, due_at, copy_of)
  local reply = add_entry(to, due_at, copy_of)
  if reply ~= false then return reply end
  reply = redis.pcall('XGROUP', 'CREATE', to, group, '0', 'MKSTREAM', 'ENTRIESREAD', '0')
  if reply.err then return reply end
  -- By this consumer reap.lua knows a group that the gateway made.
  reply = redis.pcall('XGROUP', 'CREATECONSUMER', to, group, 'tapline')
  if type(reply) == 'table' and reply.err then return reply end
  return add_entry(to, due_at, copy_of)
end

local function hold()
  if ARGV[46] ~= '' then
    local stands = redis.pcall('GET', KEYS[14])
    if type(stands) == 'table' then return stands end
    gathering, gathering_life = stands, math.max(1, redis.call('PTTL', KEYS[14]))
  end
  held, member = true, ARGV[43]
  -- Those of equal score go in the order of their facts, which is that of acceptance. A gathering
  -- is found by its ident alone.
  if ARGV[46] == '' then
    local ms, seq = fact_id:match('(%d+)-(%d+)')
    member = ms .. '-' .. string.rep('0', 10 - #seq) .. seq .. ' ' .. member
  end
  local words = {'v', ARGV[16], 'id', ARGV[17], 'tracking_number', ARGV[18],
    'accepted_at', ARGV[19], 'type', ARGV[20], 'source', ARGV[21], 'profile', ARGV[22],
    'channel', ARGV[23], 'button', ARGV[24], 'campaign', ARGV[25], 'campaign_by', ARGV[26],
    'route', ARGV[27], 'arm', ARGV[28], 'attribution', ARGV[29], 'auth', ARGV[30],
    'priority', priority, 'due_at', ARGV[32], 'reply_before', ARGV[33], 'durability', ARGV[34],
    'config', ARGV[35], 'traceparent', ARGV[36], 'data', ARGV[38]}
  for i = 49, 48 + 2 * tonumber(ARGV[45]) do words[#words + 1] = ARGV[i] end
  local reply = redis.pcall('HSET', KEYS[12], unpack(words))
  if type(reply) == 'table' and reply.err then return reply end
  reply = redis.pcall('ZADD', KEYS[13], ARGV[44], member)
  if type(reply) ~= 'table' and ARGV[46] ~= '' then
    reply = redis.pcall('SET', KEYS[14], ARGV[46], 'PX', ARGV[47])
  end
  return reply
end

local reply
if ARGV[41] then
  local function copy()
    copies = {}
    for i = 49 + 2 * tonumber(ARGV[45]), #ARGV do
      local to = KEYS[17 + 2 * #copies]
      local reply = add_to(to, ARGV[i], '', ARGV[9])
      if type(reply) == 'table' then return reply end
      copies[#copies + 1] = {stream = to, about = KEYS[16 + 2 * #copies], id = reply}
    end
  end

  lane = ARGV[41]
  if ARGV[42] ~= '' and redis.call('XLEN', stream) >= tonumber(ARGV[42]) then
    lane, stream, about, priority = ARGV[9], KEYS[11], KEYS[10], 'express_over_cap'
  end
  if ARGV[48] ~= '' then
    reply = redis.pcall('HINCRBY', KEYS[15], ARGV[48], 1)
    if failed(reply) then return reply end
    counted = true
  end
  if ARGV[43] == '' then
    reply = copy()
    if failed(reply) then return reply end
  end
end
local is_held = (ARGV[43] or '') ~= ''
if ARGV[16] and not is_held then
  reply = add_to(stream, ARGV[9], ARGV[32], '')
  if failed(reply) then return reply end
  entry_id = reply
end

reply = redis.pcall('XADD', KEYS[2], '*', 'fact', ARGV[11], 'id', ARGV[12],
  'tracking_number', ARGV[13], 'at', ARGV[14], 'body', ARGV[15])
if failed(reply) then return reply end
fact_id = reply
if is_held then
  reply = hold()
  if failed(reply) then return reply end
end

if ARGV[4] ~= '' then
  reply = redis.pcall('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
  if failed(reply) then return reply end
  wrote_journey = true
end
if has_customer then
  reply = redis.pcall('SET', KEYS[7], ARGV[7], 'PX', ARGV[8])
  if failed(reply) then return reply end
  wrote_customer = true
end
if ARGV[10] ~= '' and entry_id then
  local member = lane .. ' ' .. entry_id
  reply = redis.pcall('ZADD', KEYS[4], ARGV[10], member)
  if failed(reply) then return reply end
  due_member = member
end
if KEYS[9] and entry_id and ARGV[39] ~= '' then
  reply = redis.pcall('HSET', KEYS[9], ARGV[39], lane .. ' ' .. entry_id, 'number', ARGV[18])
  if failed(reply) then return reply end
  wrote_call = true
  redis.pcall('PEXPIRE', KEYS[9], ARGV[2])
end
if KEYS[8] then
  reply = redis.pcall('SET', KEYS[8], ARGV[1], 'PX', ARGV[2])
  if failed(reply) then return reply end
  wrote_second_mark = true
end
reply = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if failed(reply) then return reply end
return {'ok', entry_id or '', lane}
