-- Records one outcome that a backend added, and takes it off the outcomes stream.
--
-- KEYS  1 outcomes stream   2 feed   3 journey   4 due   5 mark of this outcome   6 late
--       7 reasons of late entries   8 unanswered
--       Only where ARGV has its use, else any key (the first one):
--       9 stream and 10 about hash of the lane that has the entry   11 stream of the queue that gets
--       one   12 record of the call that the entry is of
-- ARGV  1 consumer group   2 id on the outcomes stream   3 outcome ("" = the report is of no use)
--       4 entry that it answers ("" = none)   5 life of the journey, ms   6 life of the mark, ms
--       7 now in ms   8 event id   9 tracking number, as shown
--       10 body of the fact   11 the same when no live journey has the number
--       12 "transfer": the journey becomes another queue's, with a new entry there
--          "follow_up": one that began in public gets an entry for an answer there, once
--       13 the journey's queue as read   14 queue that gets the entry   15 its first score in `due`
--       ("" = none)   16 the entry as JSON: names and values
--       17 lane of the entry that it answers ("" = it is nowhere)   18 its consumer group
-- Answers {"ok"} | {"refused"} | {"seen"} (the same outcome again) | {"gone"}
-- | {"changed"} (the journey is not that queue's any more; nothing is written and the report stays).
--
-- A transfer takes the entry that the report names off its lane where no consumer was given it. It
-- does not end a journey, so it is not its last outcome.
--
-- The journey is packed as gateway/intake/records.h says. An error means that nothing was recorded
-- and the report is still there: the fact is written last, and a mark without a fact is taken back.

local there = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
if #there == 0 then
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
  return {'gone'}
end

local function take_off(answer)
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
  redis.call('XDEL', KEYS[1], ARGV[2])
  return {answer}
end
if redis.call('EXISTS', KEYS[5]) == 1 then return take_off('seen') end

local journey = {}
if ARGV[3] ~= '' then
  local packed = redis.call('GET', KEYS[3]) or ''
  for field in string.gmatch(packed .. '\t', '([^\t]*)\t') do journey[#journey + 1] = field end
end
local is_live = #journey >= 14 and journey[1] == '1'

local action = is_live and ARGV[12] or ''
if action ~= '' and journey[9] ~= ARGV[13] then return {'changed'} end
if action == 'follow_up' and ((journey[16] or '') == '' or (journey[17] or '') ~= '') then
  action = ''
end
local lane, member = ARGV[17], ARGV[17] .. ' ' .. ARGV[4]
-- A broken key ends only what needs it.
if action ~= '' or (is_live and ARGV[4] ~= '') then
  redis.call('ZCARD', KEYS[4])
  redis.call('ZCARD', KEYS[6])
  redis.call('HLEN', KEYS[7])
  redis.call('HLEN', KEYS[8])
end
if action ~= '' then redis.call('XLEN', KEYS[11]) end
if action == 'transfer' and lane ~= '' then
  redis.call('XLEN', KEYS[9])
  redis.call('HLEN', KEYS[10])
  redis.call('HLEN', KEYS[12])
end

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
    if group['name'] == ARGV[18] then return not is_after(ARGV[4], group['last-delivered-id']) end
  end
  return false
end

-- Takes the original of a transfer off its lane; what the fact tells of it, or nothing.
local function take_original()
  if action ~= 'transfer' or lane == '' then return nil end
  local found = redis.call('XRANGE', KEYS[9], ARGV[4], ARGV[4])
  if not found[1] or is_delivered() then return nil end
  redis.call('XDEL', KEYS[9], ARGV[4])
  redis.call('HINCRBY', KEYS[10], 'removed', 1)
  local accepted_at = (named(found[1][2]).accepted_at or ''):match('^%d+$') or 'null'
  return '{"queue":"' .. lane .. '","entry":"' .. ARGV[4] .. '","accepted_at":' .. accepted_at
end

-- What is told of an entry that the outcome makes; nothing where it makes none.
local function make_entry()
  if action == '' then return nil end
  if redis.call('EXISTS', KEYS[11]) == 0 then
    redis.call('XGROUP', 'CREATE', KEYS[11], ARGV[14], '0', 'MKSTREAM', 'ENTRIESREAD', '0')
    -- By this consumer reap.lua knows a group that the gateway made.
    redis.call('XGROUP', 'CREATECONSUMER', KEYS[11], ARGV[14], 'tapline')
  end
  local entry = redis.call('XADD', KEYS[11], '*', unpack(cjson.decode(ARGV[16])))
  local made = ARGV[14] .. ' ' .. entry
  if ARGV[15] ~= '' then redis.call('ZADD', KEYS[4], ARGV[15], made) end
  if action == 'transfer' then
    -- Should it become late there, it was with the wrong queue before.
    redis.call('HSET', KEYS[7], made, 'misroute')
    for _, part in ipairs(lane ~= '' and {'call', 'missed', 'voicemail'} or {}) do
      if redis.call('HGET', KEYS[12], part) == member then
        redis.call('HSET', KEYS[12], part, made)
      end
    end
  end
  local told = take_original() or '{"queue":"' .. journey[9] .. '"'
  return told .. ',"to":"' .. ARGV[14] .. '","to_entry":"' .. entry .. '"}'
end

local function failed(reply)
  if type(reply) == 'table' and reply.err then
    redis.call('DEL', KEYS[5])
    return true
  end
end
-- What is refused may be mended and sent again under the same name.
if is_live then redis.call('SET', KEYS[5], '1', 'PX', ARGV[6]) end
local reply
if is_live and lane ~= '' then
  redis.call('ZREM', KEYS[4], member)
  redis.call('ZREM', KEYS[6], member)
  redis.call('HDEL', KEYS[7], member)
  redis.call('HDEL', KEYS[8], member)
end
reply = redis.pcall('XADD', KEYS[2], '*', 'fact', is_live and 'outcome' or 'outcome_refused',
                    'id', ARGV[8], 'tracking_number', ARGV[9], 'at', ARGV[7],
                    'body', (is_live or ARGV[3] == '') and ARGV[10] or ARGV[11])
if failed(reply) then return reply end
if is_live then
  local made = make_entry()
  if made then
    redis.call('XADD', KEYS[2], '*', 'fact', action == 'transfer' and 'transferred' or 'followup',
               'id', ARGV[8], 'tracking_number', ARGV[9], 'at', ARGV[7], 'body', made)
  end
  journey[12] = ARGV[7]
  if action == 'transfer' then journey[9] = ARGV[14] else journey[13] = ARGV[3] end
  if action == 'follow_up' then journey[17] = ARGV[7] end
  redis.call('SET', KEYS[3], table.concat(journey, '\t'), 'PX', ARGV[5])
end
return take_off(is_live and 'ok' or 'refused')
