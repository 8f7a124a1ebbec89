-- Whether one of these held entries goes to a lane, or a copy of it does.
--
-- KEYS  held entries (hashes)
-- ARGV  1 lane
-- Answers the place in KEYS of the first that does, 0 where none does.

for i, key in ipairs(KEYS) do
  local held = redis.pcall('HMGET', key, '_lane', '_group', '_copies')
  -- A key of a wrong type names no lane.
  if not held.err then
    local copies = ' ' .. (held[3] or '') .. ' '
    if held[1] == ARGV[1] or held[2] == ARGV[1]
       or string.find(copies, ' ' .. ARGV[1] .. ' ', 1, true) then
      return i
    end
  end
end
return 0
