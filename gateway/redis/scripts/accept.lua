-- Accepts one event, whole or not at all.
--
-- KEYS  1 seen mark   2 feed   3 journey   4 due   5 queue's about hash   6 queue stream
--       7 customer (absent: "-" is passed as its expected value)   8 second seen mark
--       Events that are only recorded pass no queue entry: nothing is added to KEYS 4 to 6.
-- ARGV  1 seen mark's value   2 its life in ms
--       3 journey as evaluated ("" = none, "-" = any)   4 journey to write ("" = leave)   5 its life in ms
--       6 customer as evaluated ("" = none, "*" = any, "-" = no customer)   7 to write   8 life, ms
--       9 consumer group   10 due time in ms ("" = none)   11 count of feed fields
--       12... feed fields, then the entry's fields
--
-- Answers {"ok", entry id} | {"seen", mark} | {"changed", journey, customer} | {"taken", journey}.
-- "changed": a record moved since it was read; the caller evaluates again with what is returned.
-- "taken": a new journey's number names another live journey; the caller derives another number.
-- An error reply means that nothing was written: each write is undone when a later one fails,
-- because scripts do not roll back. The mark is written last, so that a retry starts clean.

local has_customer = ARGV[6] ~= '-'
local reads = {KEYS[1], KEYS[3]}
if has_customer then reads[3] = KEYS[7] end
if KEYS[8] then reads[#reads + 1] = KEYS[8] end
local now = redis.call('MGET', unpack(reads))

if now[1] then return {'seen', now[1]} end
if KEYS[8] and now[#reads] then return {'seen', now[#reads]} end
local journey = now[2] or ''
local customer = has_customer and (now[3] or '') or ''
if ARGV[3] ~= '-' and journey ~= ARGV[3] then
  if ARGV[3] == '' then return {'taken', journey} end
  return {'changed', journey, customer}
end
if has_customer and ARGV[6] ~= '*' and customer ~= ARGV[6] then
  return {'changed', journey, customer}
end

local undo = {}
local function failed(reply)
  if type(reply) == 'table' and reply.err then
    for i = #undo, 1, -1 do redis.pcall(unpack(undo[i])) end
    return true
  end
end
local function restore(key, old, life)
  if old == '' then return {'DEL', key} end
  return {'SET', key, old, 'PX', life}
end

local entry_first = 12 + tonumber(ARGV[11])
local entry_id = ''
local reply
if ARGV[entry_first] then
  reply = redis.pcall('XADD', KEYS[6], 'NOMKSTREAM', '*', unpack(ARGV, entry_first))
  if reply == false then
    reply = redis.pcall('XGROUP', 'CREATE', KEYS[6], ARGV[9], '0', 'MKSTREAM', 'ENTRIESREAD', '0')
    if failed(reply) then return reply end
    -- By this consumer reap.lua knows a group that the gateway made.
    reply = redis.pcall('XGROUP', 'CREATECONSUMER', KEYS[6], ARGV[9], 'tapline')
    if failed(reply) then return reply end
    reply = redis.pcall('XADD', KEYS[6], '*', unpack(ARGV, entry_first))
  end
  if failed(reply) then return reply end
  entry_id = reply
  undo[1] = {'HINCRBY', KEYS[5], 'removed', 1}
  undo[2] = {'XDEL', KEYS[6], entry_id}
end

reply = redis.pcall('XADD', KEYS[2], '*', unpack(ARGV, 12, entry_first - 1))
if failed(reply) then return reply end
undo[#undo + 1] = {'XDEL', KEYS[2], reply}

if ARGV[4] ~= '' then
  reply = redis.pcall('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
  if failed(reply) then return reply end
  undo[#undo + 1] = restore(KEYS[3], journey, ARGV[5])
end
if has_customer then
  reply = redis.pcall('SET', KEYS[7], ARGV[7], 'PX', ARGV[8])
  if failed(reply) then return reply end
  undo[#undo + 1] = restore(KEYS[7], customer, ARGV[8])
end
if ARGV[10] ~= '' and entry_id ~= '' then
  local member = ARGV[9] .. ' ' .. entry_id
  reply = redis.pcall('ZADD', KEYS[4], ARGV[10], member)
  if failed(reply) then return reply end
  undo[#undo + 1] = {'ZREM', KEYS[4], member}
end
if KEYS[8] then
  reply = redis.pcall('SET', KEYS[8], ARGV[1], 'PX', ARGV[2])
  if failed(reply) then return reply end
  undo[#undo + 1] = {'DEL', KEYS[8]}
end
reply = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if failed(reply) then return reply end
return {'ok', entry_id}
