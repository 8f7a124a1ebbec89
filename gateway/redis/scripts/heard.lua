-- Replaces records that nobody else has replaced since they were read.
--
-- KEYS  1 hash of records
-- ARGV  for each record: field, value as read ("" = none), value to write
-- Answers the fields that moved and were left as they are.

local moved = {}
for i = 1, #ARGV, 3 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') == ARGV[i + 1] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  else
    moved[#moved + 1] = ARGV[i]
  end
end
return moved
