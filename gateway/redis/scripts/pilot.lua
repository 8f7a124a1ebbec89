-- Stops a pilot whose guard has tripped, once.
--
-- KEYS  1 pilots   2 feed
-- ARGV  1 pilot   2 arm   3 share of late contacts above which it is stopped   4 contacts of the arm
--       from which on that is asked   5 now in ms
-- Answers "stopped" (now, or by somebody before) | "" (it goes on).

local counts = redis.call('HMGET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' entries',
                          ARGV[1] .. ' ' .. ARGV[2] .. ' late', ARGV[1] .. ' stopped')
local entries, late = tonumber(counts[1] or '0'), tonumber(counts[2] or '0')
redis.call('XLEN', KEYS[2])
if counts[3] then return 'stopped' end
if entries < tonumber(ARGV[4]) or entries == 0 then return '' end
if late / entries <= tonumber(ARGV[3]) then return '' end
redis.call('HSET', KEYS[1], ARGV[1] .. ' stopped', ARGV[5])
redis.call('XADD', KEYS[2], '*', 'fact', 'pilot_stopped', 'id', '', 'tracking_number', '', 'at', ARGV[5],
           'body', '{"pilot":"' .. ARGV[1] .. '","arm":"' .. ARGV[2] .. '","entries":' .. entries ..
                   ',"late":' .. late .. '}')
return 'stopped'
