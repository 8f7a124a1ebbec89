-- What a switch held waits for its queue from now on, for the hours or for room.
--
-- KEYS  1 held entry (hash)   2 its timer   3 delayed
-- ARGV  1 member of both timers   2 when it is released, ms
-- Answers 1 where it still was the switch's.

if redis.call('HGET', KEYS[1], '_kind') ~= 'switch' then return 0 end
redis.call('ZCARD', KEYS[2])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[1], '_kind', 'hours', '_switch', '')
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
