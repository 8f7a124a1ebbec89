-- What a reported outcome is about: the journey, and the entry that the report names.
--
-- KEYS  1 journey   2 unanswered   3 and 4 entries acknowledged of late   5... streams of lanes
-- ARGV  1 entry ("" = none)   2 its tracking number, as shown   3 "fields" where they are asked for
--       4... the lanes that KEYS 5... are of
-- Answers {packed journey, lane of the entry ("" = it is nowhere), its fields and values...}.
--
-- Two lanes may have entries of one id: the one is meant that has the number. A broken lane is
-- passed over, so that it concerns only itself.

local entry_id = ARGV[1]

local function is_meant(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'tracking_number' then return fields[i + 1] == ARGV[2] end
  end
  return false
end

local function fields_in(i)
  local there = redis.pcall('XRANGE', KEYS[i], entry_id, entry_id)
  if not there.err and there[1] and is_meant(there[1][2]) then return there[1][2] end
  for k = 2, 4 do
    local kept = redis.pcall('HGET', KEYS[k], ARGV[i - 1] .. ' ' .. entry_id)
    local fields = type(kept) == 'string' and cmsgpack.unpack(kept)
    if fields and is_meant(fields) then return fields end
  end
end

local answer = {redis.call('GET', KEYS[1]) or '', ''}
if not entry_id:match('^%d+%-%d+$') then return answer end
for i = 5, #KEYS do
  local fields = fields_in(i)
  if fields then
    answer[2] = ARGV[i - 1]
    if ARGV[3] == 'fields' then
      for k = 1, #fields do answer[k + 2] = fields[k] end
    end
    break
  end
end
return answer
