-- Suppresses a customer, or ends that.
--
-- KEYS  1 suppressed   2 feed
-- ARGV  1 keyed hash of the customer   2 JSON ("" = end it)   3 now in ms   4 fact   5 its body
--       6 the value as read, where only that one is ended ("" = any)
-- Answers "ok" | "same" (there was none, or another by now).

local stands = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('XLEN', KEYS[2])
if ARGV[2] == '' and not stands then return 'same' end
if ARGV[6] ~= '' and stands ~= ARGV[6] then return 'same' end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('XADD', KEYS[2], '*', 'fact', ARGV[4], 'id', '', 'tracking_number', '', 'at', ARGV[3],
           'body', ARGV[5])
return 'ok'
