-- How many of the contacts that a switch held may be released now: what all gateways together have
-- not used of its rate. None while the switch is on.
--
-- KEYS  1 switches   2 pace (hash: when the rate was used up to, ms)
-- ARGV  1 switch   2 now in ms   3 releases per second   4 how many wait
-- Answers the count; it is used up by the answer.

local on = redis.call('HGET', KEYS[1], ARGV[1])
local now, rate = tonumber(ARGV[2]), tonumber(ARGV[3])
if on and cjson.decode(on)['until'] > now then return 0 end
-- What was not used is not saved up for longer than a second.
local used = math.max(tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0'), now - 1000)
local room = math.floor((now - used) * rate / 1000)
local count = math.min(room, tonumber(ARGV[4]))
if count <= 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f', math.ceil(used + count * 1000 / rate)))
return count
