-- Removes a lane that the config does not have any more, once it is empty. Whether something is held
-- for it was asked before (awaited.lua); what is released meanwhile makes it known again.
--
-- KEYS  1 lanes ever used   2 stream   3 about hash
-- ARGV  1 lane
-- Answers 1 where it was removed.

if redis.call('XLEN', KEYS[2]) > 0 then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
return redis.call('SREM', KEYS[1], ARGV[1])
