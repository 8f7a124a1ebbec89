-- Records one outcome that a backend added, and takes it off the outcomes stream.
--
-- KEYS  1 outcomes stream   2 feed   3 journey   4 due   5 mark of this outcome
-- ARGV  1 consumer group   2 id on the outcomes stream   3 journey as read ("" = not live)
--       4 journey to write   5 its life in ms   6 due member to clear ("" = none)
--       7 life of the mark in ms   8... feed fields
-- Answers {"ok"} | {"seen"} (the same outcome again) | {"changed", journey} | {"gone"}.

local there = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
if #there == 0 then
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
  return {'gone'}
end
local journey = redis.call('GET', KEYS[3]) or ''
if journey ~= ARGV[3] then return {'changed', journey} end
local answer = 'seen'
if redis.call('EXISTS', KEYS[5]) == 0 then
  answer = 'ok'
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, 8))
  if journey ~= '' then redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5]) end
  if ARGV[6] ~= '' then redis.call('ZREM', KEYS[4], ARGV[6]) end
  redis.call('SET', KEYS[5], '1', 'PX', ARGV[7])
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return {answer}
