-- Why the newest thing in the quarantine is there, without what it is: that may be megabytes.
--
-- KEYS  1 quarantine stream
-- Answers the reason, "" where there is none.

local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', '1')
if #newest == 0 then return '' end
local fields = newest[1][2]
for i = 1, #fields - 1, 2 do
  if fields[i] == 'reason' then return fields[i + 1] end
end
return ''
