-- Records one step of a phone call: tells it, and takes back the entry that an answer settles.
--
-- KEYS  1 seen mark   2 second seen mark (may be the first)   3 feed   4 record of the call   5 due
--       6 about hash of the entry's queue   7 that queue's stream
--       8 about hash of the missed call's queue   9 that queue's stream
-- ARGV  1 seen mark's value   2 its life in ms   3 queue of the entry   4 entry ("" = none)
--       5 what the entry is to the call: "call", "missed"
--       6 the step: ringing, answered, leg_ended, ended, closed, leg_missed, missed, never_bridged,
--         voicemail, other
--       7 event id   8 tracking number   9 now in ms   10 body of the fact   11 body of call.ended
--       12 queue of the missed call   13 its entry ("" = none)
-- Answers {"ok", entries withdrawn} | {"seen", mark}.
--
-- The record is a hash: `told` has a letter for each fact that stands (r inging, a nswered, e nded,
-- m issed, v oicemail, and c losed: missed by the end of the call alone), `call`, `missed` and `voicemail` have "QUEUE ENTRY", and `number`. Callbacks
-- come in any order and more than once; whatever comes, each fact is told once for a call, an
-- answered call never rings again, and one that was answered was not missed unless its caller was
-- never connected. What tells nothing new is the fact `recorded`. `ended` keeps what a leg said of
-- the talk until the call is closed, in case that the end of the dialled call is not told.
--
-- A call that is closed before an answer was told is missed, in case that the end of the dialled call
-- is not told; an answer that is told later takes the entry of that missed call back. One that the
-- dialled call's end tells stays: a phone that was picked up need not have reached the caller.
--
-- An entry is taken back only while no consumer has it: when the group has not come to it. Then it
-- is counted as removed, and the fact `done` (or `merged`, where a voicemail takes the place of the
-- missed call) tells its end. A claimed one stays with its owner, but its clock stops.
--
-- Keys of a wrong type and a full Redis end it before anything is written.

local seen = redis.call('MGET', KEYS[1], KEYS[2])
if seen[1] or seen[2] then return {'seen', seen[1] or seen[2]} end
local record = redis.call('HMGET', KEYS[4], 'told', ARGV[5], 'voicemail', 'ended', 'missed')
local told, place, voicemail, ended = record[1] or '', record[2], record[3], record[4]
redis.call('XLEN', KEYS[3])
redis.call('ZCARD', KEYS[5])
redis.call('HLEN', KEYS[6])
redis.call('XLEN', KEYS[7])
redis.call('HLEN', KEYS[8])
redis.call('XLEN', KEYS[9])

local facts = {}
local function was(letter) return string.find(told, letter, 1, true) end
local function tell(fact, letter, body)
  if was(letter) then return end
  told = told .. letter
  facts[#facts + 1] = {fact, body or ARGV[10]}
end
local step = ARGV[6]
if step == 'ringing' and told == '' then
  tell('call.ringing', 'r')
elseif step == 'answered' or step == 'leg_ended' or step == 'ended' then
  tell('call.answered', 'a')
  if step == 'ended' or (step == 'leg_ended' and was('c')) then
    tell('call.ended', 'e', ARGV[11])
  end
elseif step == 'closed' and was('a') then
  if ended and not was('m') then tell('call.ended', 'e', ended) end
elseif step == 'closed' and not was('m') then
  tell('call.missed', 'm')
  told = told .. 'c'
elseif step == 'leg_missed' then
  facts[1] = {'call.leg_missed', ARGV[10]}
elseif step == 'never_bridged' or (step == 'missed' and not was('a')) then
  tell('call.missed', 'm')
  if step == 'never_bridged' then told = string.gsub(told, 'c', '') end
elseif step == 'voicemail' then
  tell('call.voicemail', 'v')
end
if #facts == 0 then facts[1] = {'recorded', ARGV[10]} end

local written = {}
for _, fact in ipairs(facts) do
  local reply = redis.pcall('XADD', KEYS[3], '*', 'fact', fact[1], 'id', ARGV[7],
                            'tracking_number', ARGV[8], 'at', ARGV[9], 'body', fact[2])
  if type(reply) == 'table' and reply.err then
    for _, id in ipairs(written) do redis.pcall('XDEL', KEYS[3], id) end
    return reply
  end
  written[#written + 1] = reply
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

-- The express lane "sales:express" is read by the group "sales".
local function is_delivered(from)
  local group = string.gsub(from.queue, ':express$', '')
  local groups = redis.pcall('XINFO', 'GROUPS', from.stream)
  if groups.err then return false end
  for _, info in ipairs(groups) do
    local name, last
    for i = 1, #info, 2 do
      if info[i] == 'name' then name = info[i + 1] end
      if info[i] == 'last-delivered-id' then last = info[i + 1] end
    end
    if name == group then return not is_after(from.entry, last) end
  end
  return false
end

local function named(fields)
  local by_name = {}
  for i = 1, #fields, 2 do by_name[fields[i]] = fields[i + 1] end
  return by_name
end

local function withdraw(from, fact)
  local found = redis.call('XRANGE', from.stream, from.entry, from.entry)
  if #found == 0 or is_delivered(from) then return 0 end
  local entry = named(found[1][2])
  redis.call('ZREM', KEYS[5], from.queue .. ' ' .. from.entry)
  redis.call('XDEL', from.stream, from.entry)
  redis.call('HINCRBY', from.about, 'removed', 1)
  redis.call('XADD', KEYS[3], '*', 'fact', fact, 'id', entry['id'] or '',
             'tracking_number', entry['tracking_number'] or '', 'at', ARGV[9],
             'body', '{"queue":"' .. from.queue .. '","entry":"' .. from.entry ..
                     '","accepted_at":' ..
                     ((entry['accepted_at'] or ''):match('^%d+$') or 'null') ..
                     ',"by":"' .. facts[#facts][1] .. '"}')
  return 1
end

local function stands(place, from)
  return place and from.entry ~= '' and place == from.queue .. ' ' .. from.entry
end

local function settle(place, from)
  if not stands(place, from) then return 0 end
  redis.call('ZREM', KEYS[5], from.queue .. ' ' .. from.entry)
  return withdraw(from, 'done')
end

local withdrawn = 0
local own = {queue = ARGV[3], entry = ARGV[4], about = KEYS[6], stream = KEYS[7]}
local missed = {queue = ARGV[12], entry = ARGV[13], about = KEYS[8], stream = KEYS[9]}
if step == 'answered' or step == 'leg_ended' or step == 'ended' then
  withdrawn = settle(place, own)
  if was('c') then withdrawn = withdrawn + settle(record[5], missed) end
elseif step == 'voicemail' and voicemail and stands(place, own) then
  withdrawn = withdraw(own, 'merged')
end

redis.call('HSET', KEYS[4], 'told', told, 'number', ARGV[8])
if step == 'leg_ended' then redis.call('HSET', KEYS[4], 'ended', ARGV[11]) end
redis.call('PEXPIRE', KEYS[4], ARGV[2])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'ok', withdrawn}
