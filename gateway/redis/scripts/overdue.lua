-- One step of the ladder of one entry (routes/overdue.h), if it still stands there.
--
-- KEYS  1 due   2 late   3 reasons of late entries   4 feed   5 pilots   6 unanswered
--       7 journey   8 record of the call that the entry is of   9 stream of its lane   10 its about hash
--       11 stream of the queue that it moves to (9 where it does not)   12 its about hash
--       13 stream and 14 about hash of the first queue that is alerted, and so on
-- ARGV  1 member of `due`   2 its score as read   3 lane   4 queue   5 entry   6 now in ms
--       7 next score while it stays ("" = none)   8 "late" where this is its due time
--       9 why it is late, unless it was moved or transferred before
--       10 pilot and arm ("PILOT ARM"; "" = none)   11 queue that it moves to ("" = none)
--       12 next score there ("" = none)   13 "end" where it is older than max_age
--       14 "outcome" where an acknowledgement is no answer   15 due time in ms   16... queues alerted
-- Answers {"done", what: words of late, alerted, moved, copied, expired}
-- | {"gone"} (it is answered or removed) | {"moved"} (its score is another: somebody acted before).
--
-- Claimed is what a consumer was given and has not acknowledged: such an entry stays with its owner,
-- and the queue that it would move to gets a copy. Any number of stewards may run this at once: the
-- score is the ladder's step, so that only one of them finds it. Keys of a wrong type end it before
-- anything is written.

local member, lane, queue, entry_id, now = ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local score = redis.call('ZSCORE', KEYS[1], member)
if not score or tonumber(score) ~= tonumber(ARGV[2]) then return {'moved'} end

local function named(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end

local function longer_or_later(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end

-- Of two stream ids; by their digits, since a Lua number does not hold 64 bits.
local function is_after(a, b)
  local a_ms, a_seq = a:match('(%d+)-(%d+)')
  local b_ms, b_seq = b:match('(%d+)-(%d+)')
  if a_ms ~= b_ms then return longer_or_later(a_ms, b_ms) end
  return a_seq ~= b_seq and longer_or_later(a_seq, b_seq)
end

local function is_delivered()
  local groups = redis.pcall('XINFO', 'GROUPS', KEYS[9])
  if groups.err then return false end
  for _, info in ipairs(groups) do
    local group = named(info)
    if group['name'] == queue then return not is_after(entry_id, group['last-delivered-id']) end
  end
  return false
end

local function forget()
  redis.call('ZREM', KEYS[1], member)
  redis.call('ZREM', KEYS[2], member)
  redis.call('HDEL', KEYS[3], member)
  redis.call('HDEL', KEYS[6], member)
end

local found = redis.call('XRANGE', KEYS[9], entry_id, entry_id)
local fields = found[1] and found[1][2]
local claimed, acknowledged = false, false
if fields then
  if is_delivered() then
    claimed = #redis.call('XPENDING', KEYS[9], queue, entry_id, entry_id, 1) > 0
    acknowledged = not claimed
  end
else
  -- What is left of an acknowledged entry whose outcome is awaited.
  local kept = redis.call('HGET', KEYS[6], member)
  if kept then
    fields, acknowledged = cmsgpack.unpack(kept), true
  end
end
if not fields or (acknowledged and ARGV[14] ~= 'outcome') then
  forget()
  return {'gone'}
end
local stays = claimed or acknowledged

redis.call('ZCARD', KEYS[2])
redis.call('HLEN', KEYS[3])
redis.call('XLEN', KEYS[4])
redis.call('HLEN', KEYS[5])
local journey = redis.call('GET', KEYS[7])
redis.call('HLEN', KEYS[8])
for i = 9, #KEYS, 2 do
  redis.call('XLEN', KEYS[i])
  redis.call('HLEN', KEYS[i + 1])
end

local own = named(fields)
local function tell(fact, more)
  local accepted_at = (own.accepted_at or ''):match('^%d+$') or 'null'
  redis.call('XADD', KEYS[4], '*', 'fact', fact, 'id', string.sub(own.id or '', 1, 256),
    'tracking_number', string.sub(own.tracking_number or '', 1, 256), 'at', now,
    'body', '{"queue":"' .. lane .. '","entry":"' .. entry_id .. '","accepted_at":' ..
            accepted_at .. more .. '}')
end

-- The entry's fields with other values; `copy_of` stands before `data`, as in every entry.
local function with(changed)
  local words, has_copy_of = {}, false
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if changed[name] then value = changed[name] end
    if name == 'copy_of' then has_copy_of = true end
    if name == 'data' and not has_copy_of then
      words[#words + 1] = 'copy_of'
      words[#words + 1] = changed.copy_of or ''
    end
    words[#words + 1] = name
    words[#words + 1] = value
  end
  return words
end

-- The last member of that name is the context's: nothing that a customer wrote stands behind it.
local function data_with(reason)
  local data = own.data
  if not data or reason == '' then return data end
  local from, at = nil, 0
  repeat
    at = string.find(data, '"late_reason":"', at + 1, true)
    from = at or from
  until not at
  if not from then return data end
  local value = from + #'"late_reason":"'
  local stop = string.find(data, '"', value, true)
  return string.sub(data, 1, value - 1) .. reason .. string.sub(data, stop)
end

local function add(stream, group, words)
  if redis.call('EXISTS', stream) == 0 then
    redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM', 'ENTRIESREAD', '0')
    -- By this consumer reap.lua knows a group that the gateway made.
    redis.call('XGROUP', 'CREATECONSUMER', stream, group, 'tapline')
  end
  return redis.call('XADD', stream, '*', unpack(words))
end

local done = {}
local reason = redis.call('HGET', KEYS[3], member) or ''
if ARGV[8] == 'late' then
  if reason == '' then reason = ARGV[9] end
  redis.call('ZADD', KEYS[2], now, member)
  redis.call('HSET', KEYS[3], member, reason)
  if ARGV[10] ~= '' then redis.call('HINCRBY', KEYS[5], ARGV[10] .. ' late', 1) end
  tell('late', ',"due_at":' .. ARGV[15] .. ',"late_reason":"' .. reason .. '"')
  done[#done + 1] = 'late'
end
local is_late = redis.call('ZSCORE', KEYS[2], member)
local shown_reason = is_late and reason or ''

local copy = nil
local function add_copy(stream, group)
  copy = copy or with({due_at = '', copy_of = queue, data = data_with(shown_reason)})
  return add(stream, group, copy)
end
for i = 16, #ARGV do
  local id = add_copy(KEYS[2 * i - 19], ARGV[i])
  tell('alerted', ',"to":"' .. ARGV[i] .. '","to_entry":"' .. id .. '"')
  done[#done + 1] = 'alerted'
end

local function take_off()
  redis.call('XDEL', KEYS[9], entry_id)
  redis.call('HINCRBY', KEYS[10], 'removed', 1)
end

if ARGV[13] == 'end' and not stays then
  tell('expired', '')
  take_off()
  forget()
  done[#done + 1] = 'expired'
  return {'done', table.concat(done, ' ')}
end

local to = ARGV[11]
if to ~= '' and stays then
  local id = add_copy(KEYS[11], to)
  tell('copied', ',"to":"' .. to .. '","to_entry":"' .. id .. '"')
  done[#done + 1] = 'copied'
elseif to ~= '' then
  local id = add(KEYS[11], to, with({data = data_with(shown_reason), priority = 'normal'}))
  local there = to .. ' ' .. id
  tell('moved', ',"to":"' .. to .. '","to_entry":"' .. id .. '"')
  take_off()
  forget()
  if ARGV[12] ~= '' then redis.call('ZADD', KEYS[1], ARGV[12], there) end
  if is_late then redis.call('ZADD', KEYS[2], is_late, there) end
  -- Should it become late there, it was with the wrong queue before.
  redis.call('HSET', KEYS[3], there, is_late and reason or 'misroute')
  for _, part in ipairs({'call', 'missed', 'voicemail'}) do
    if redis.call('HGET', KEYS[8], part) == member then redis.call('HSET', KEYS[8], part, there) end
  end
  if journey then
    local packed = {}
    for field in string.gmatch(journey .. '\t', '([^\t]*)\t') do packed[#packed + 1] = field end
    if #packed >= 14 and packed[1] == '1' and packed[9] == queue then
      packed[9] = to
      redis.call('SET', KEYS[7], table.concat(packed, '\t'), 'KEEPTTL')
    end
  end
  done[#done + 1] = 'moved'
  return {'done', table.concat(done, ' ')}
end

if ARGV[7] ~= '' then
  redis.call('ZADD', KEYS[1], ARGV[7], member)
else
  redis.call('ZREM', KEYS[1], member)
  redis.call('HDEL', KEYS[6], member)
end
return {'done', table.concat(done, ' ')}
