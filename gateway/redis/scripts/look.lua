-- What `tapline switch` lists: switches, and how many contacts each holds.
--
-- KEYS  1 switches   2 switch_passed   3... sorted sets of what is held
-- Answers {the hash `switches`, the hash `switch_passed`, counts}.

local counts = {}
for i = 3, #KEYS do counts[#counts + 1] = redis.call('ZCARD', KEYS[i]) end
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), counts}
