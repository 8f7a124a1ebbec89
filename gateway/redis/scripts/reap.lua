-- Removes acknowledged entries of one queue: those that were delivered and are no longer pending.
--
-- KEYS  1 queue stream   2 queue's about hash   3 feed   4 due
-- ARGV  1 consumer group   2 id to start at ("-" = the beginning)   3 entries to look at, at most
--       4 now in ms   5 contract version   6 claim time in ms
-- Answers {next id or "", removed}. The about hash tells consumers version and claim time, and
-- keeps `added`, the stream's own count: a smaller one than before means that somebody deleted the
-- whole stream, which `resets` counts. A lost group is created again at 0: finished entries are gone,
-- so nothing is replayed. Any number of stewards may run this at once: the act is atomic, and an
-- entry that another one removed is no longer found.

local group
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if not groups.err then
  for _, info in ipairs(groups) do
    local fields = {}
    for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
    if fields['name'] == ARGV[1] then group = fields end
  end
end
if not group then
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
end

local info = redis.call('XINFO', 'STREAM', KEYS[1])
local added = 0
for i = 1, #info, 2 do
  if info[i] == 'entries-added' then added = info[i + 1] end
end
if added < (tonumber(redis.call('HGET', KEYS[2], 'added')) or 0) then
  redis.call('HSET', KEYS[2], 'removed', 0)
  redis.call('HINCRBY', KEYS[2], 'resets', 1)
end
redis.call('HSET', KEYS[2], 'v', ARGV[5], 'claim_ms', ARGV[6], 'added', added)
if not group then return {'', 0} end
if group['last-delivered-id'] == '0-0' then return {'', 0} end

local most = tonumber(ARGV[3])
local entries = redis.call('XRANGE', KEYS[1], ARGV[2], group['last-delivered-id'], 'COUNT', most)
if #entries == 0 then return {'', 0} end
local pending = {}
for _, item in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], entries[1][1],
                                 entries[#entries][1], most)) do
  pending[item[1]] = true
end

local removed = 0
for _, entry in ipairs(entries) do
  local id, fields = entry[1], entry[2]
  if not pending[id] then
    local about = {}
    for i = 1, #fields, 2 do
      local name = fields[i]
      if name == 'tracking_number' or name == 'id' or name == 'accepted_at' then
        about[name] = fields[i + 1]
      end
      if about.tracking_number and about.id and about.accepted_at then break end
    end
    redis.call('XADD', KEYS[3], '*', 'fact', 'done', 'id', about.id or '',
               'tracking_number', about.tracking_number or '', 'at', ARGV[4],
               'body', '{"queue":"' .. ARGV[1] .. '","entry":"' .. id ..
                       '","accepted_at":' .. (tonumber(about.accepted_at) and about.accepted_at or 'null') .. '}')
    redis.call('ZREM', KEYS[4], ARGV[1] .. ' ' .. id)
    removed = removed + redis.call('XDEL', KEYS[1], id)
  end
end
if removed > 0 then redis.call('HINCRBY', KEYS[2], 'removed', removed) end
local next_id = ''
if #entries == most then next_id = '(' .. entries[#entries][1] end
return {next_id, removed}
