-- Forgets what was noted of an entry that is gone: telephony took it back, or somebody deleted it.
--
-- KEYS  1 due   2 late   3 reasons of late entries   4 unanswered   5 stream of its lane
-- ARGV  1 member   2 entry
-- Answers 1 where it was forgotten.

if #redis.call('XRANGE', KEYS[5], ARGV[2], ARGV[2]) > 0 then return 0 end
if redis.call('HEXISTS', KEYS[4], ARGV[1]) == 1 and redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
return 1
