-- Records one outcome that a backend added, and takes it off the outcomes stream.
--
-- KEYS  1 outcomes stream   2 feed   3 journey   4 due   5 mark of this outcome   6 late
--       7 reasons of late entries   8 unanswered
--       With ARGV 12: 9 stream of the queue that gets an entry   10 its about hash
--       11 stream of the journey's queue   12 its express lane's
-- ARGV  1 consumer group   2 id on the outcomes stream   3 outcome ("" = the report is of no use)
--       4 entry that it answers ("" = none)   5 life of the journey, ms   6 life of the mark, ms
--       7 now in ms   8 event id   9 tracking number, as shown
--       10 body of the fact   11 the same when no live journey has the number
--       12 "transfer": the journey becomes another queue's, with a new entry there
--          "follow_up": one that began in public gets an entry for an answer there, once
--       13 the journey's queue as read   14 queue that gets the entry   15 its due time ("" = none)
--       16 its first score in `due` ("" = none)   17 the entry as JSON: names and values
-- Answers {"ok"} | {"refused"} | {"seen"} (the same outcome again) | {"gone"}
-- | {"changed"} (the journey is not that queue's any more; nothing is written and the report stays).
--
-- A transferred entry is a copy of the one that the report names, while that is there, else the one
-- of ARGV 17. A transfer does not end a journey, so it is not its last outcome.
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
-- A broken key ends only what needs it.
if action ~= '' or (is_live and ARGV[4] ~= '') then
  redis.call('ZCARD', KEYS[4])
  redis.call('ZCARD', KEYS[6])
  redis.call('HLEN', KEYS[7])
  redis.call('HLEN', KEYS[8])
end
if action ~= '' then
  for _, stream in ipairs({KEYS[9], KEYS[11], KEYS[12]}) do redis.call('XLEN', stream) end
end

local function original()
  if ARGV[4] == '' or not ARGV[4]:match('^%d+%-%d+$') then return nil end
  for _, stream in ipairs({KEYS[11], KEYS[12]}) do
    local found = redis.call('XRANGE', stream, ARGV[4], ARGV[4])
    local fields = found[1] and found[1][2] or {}
    for i = 1, #fields, 2 do
      if fields[i] == 'tracking_number' and fields[i + 1] == ARGV[9] then return fields end
    end
  end
end

-- What is told of an entry that the outcome makes; nothing where it makes none.
local function make_entry()
  if action == '' then return nil end
  local words = cjson.decode(ARGV[17])
  local fields = action == 'transfer' and original()
  if fields then
    local changed = {accepted_at = ARGV[7], due_at = ARGV[15], copy_of = '', priority = 'normal'}
    for i = 1, #fields, 2 do
      if fields[i] == 'id' then changed.id = fields[i + 1] .. ':to:' .. ARGV[14] end
      fields[i + 1] = changed[fields[i]] or fields[i + 1]
    end
    words = fields
  end
  if redis.call('EXISTS', KEYS[9]) == 0 then
    redis.call('XGROUP', 'CREATE', KEYS[9], ARGV[14], '0', 'MKSTREAM', 'ENTRIESREAD', '0')
    -- By this consumer reap.lua knows a group that the gateway made.
    redis.call('XGROUP', 'CREATECONSUMER', KEYS[9], ARGV[14], 'tapline')
  end
  local entry = redis.call('XADD', KEYS[9], '*', unpack(words))
  local member = ARGV[14] .. ' ' .. entry
  if ARGV[16] ~= '' then redis.call('ZADD', KEYS[4], ARGV[16], member) end
  if action == 'transfer' then
    -- Should it become late there, it was with the wrong queue before.
    redis.call('HSET', KEYS[7], member, 'misroute')
  end
  return '{"queue":"' .. journey[9] .. '","to":"' .. ARGV[14] .. '","to_entry":"' .. entry .. '"}'
end

local function failed(reply)
  if type(reply) == 'table' and reply.err then
    redis.call('DEL', KEYS[5])
    return true
  end
end
redis.call('SET', KEYS[5], '1', 'PX', ARGV[6])
local reply
if is_live and ARGV[4] ~= '' then
  for _, lane in ipairs({journey[9], journey[9] .. ':express'}) do
    local member = lane .. ' ' .. ARGV[4]
    redis.call('ZREM', KEYS[4], member)
    redis.call('ZREM', KEYS[6], member)
    redis.call('HDEL', KEYS[7], member)
    redis.call('HDEL', KEYS[8], member)
  end
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
