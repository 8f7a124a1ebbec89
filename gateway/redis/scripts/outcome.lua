-- Records one outcome that a backend added, and takes it off the outcomes stream.
--
-- KEYS  1 outcomes stream   2 feed   3 journey   4 due   5 mark of this outcome
-- ARGV  1 consumer group   2 id on the outcomes stream   3 outcome ("" = the report is of no use)
--       4 entry that it answers ("" = none)   5 life of the journey, ms   6 life of the mark, ms
--       7 now in ms   8 event id   9 tracking number, as shown
--       10 body of the fact   11 the same when no live journey has the number
-- Answers {"ok"} | {"refused"} | {"seen"} (the same outcome again) | {"gone"}.
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

local function failed(reply)
  if type(reply) == 'table' and reply.err then
    redis.call('DEL', KEYS[5])
    return true
  end
end
redis.call('SET', KEYS[5], '1', 'PX', ARGV[6])
local reply
if is_live and ARGV[4] ~= '' then
  reply = redis.pcall('ZREM', KEYS[4], journey[9] .. ' ' .. ARGV[4])
  if failed(reply) then return reply end
end
reply = redis.pcall('XADD', KEYS[2], '*', 'fact', is_live and 'outcome' or 'outcome_refused',
                    'id', ARGV[8], 'tracking_number', ARGV[9], 'at', ARGV[7],
                    'body', (is_live or ARGV[3] == '') and ARGV[10] or ARGV[11])
if failed(reply) then return reply end
if is_live then
  journey[12], journey[13] = ARGV[7], ARGV[3]
  redis.call('SET', KEYS[3], table.concat(journey, '\t'), 'PX', ARGV[5])
end
return take_off(is_live and 'ok' or 'refused')
