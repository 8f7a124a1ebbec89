-- Sets the time at which an entry that is held for the hours is released, if it still is.
--
-- KEYS  1 held entry (hash)   2 delayed
-- ARGV  1 member of `delayed`   2 release time in ms   3 queue as read
-- Answers 1 where it was set.

local held = redis.call('HMGET', KEYS[1], '_kind', '_group')
if held[1] ~= 'hours' or held[2] ~= ARGV[3] then return 0 end
return redis.call('ZADD', KEYS[2], 'XX', 'CH', ARGV[2], ARGV[1])
