#!lua flags=allow-oom
-- Removes acknowledged entries of one queue: those that were delivered and are no longer pending.
-- It may run while Redis is at maxmemory, because nothing else frees what consumers have finished.
--
-- KEYS  1 lane's stream   2 its about hash   3 feed   4 due   5 late   6 reasons of late entries
--       7 unanswered   8 entries acknowledged of late (with ARGV 9)
-- ARGV  1 consumer group   2 id to start at ("-" = the beginning)   3 entries to look at, at most
--       4 now in ms   5 contract version   6 claim time in ms   7 lane ("sales", "sales:express")
--       8 "outcome" where an acknowledgement is no answer: the due clock goes on, and `unanswered`
--       keeps what its steps need
--       9 life in ms of KEYS 8, where a transfer may still ask for what an entry said ("" = it cannot)
--       10 how many it holds at most
-- Answers {next id or "", removed, what was mended}: "" | "group_recreated" | "group_moved".
--
-- The about hash tells consumers version and claim time. It keeps `added`, the stream's own count:
-- a smaller one than before means that somebody deleted the whole stream, which `resets` counts. It
-- keeps `delivered` and `read`, the group's last-delivered-id and entries-read as last seen.
--
-- "Delivered" is what the group says, so the group must be one that began at 0. A group that the
-- gateway made has a consumer `tapline`; one without it was made by somebody else, perhaps at the
-- end of the stream. It is set to 0: entries that were acknowledged are gone, so they are not
-- replayed. XGROUP SETID forward is known by entries-read: reading counts it on, setting the id loses
-- it. The group goes back to where it was. Not seen is a move that is followed, before the next
-- turn, by a read that reaches the end of the stream: then Redis knows the count again.
--
-- Any number of stewards may run this at once: the act is atomic, and an entry that another one
-- removed is no longer found. Keys of a wrong type end it before anything is written.

local most = tonumber(ARGV[3])
redis.call('XLEN', KEYS[3])
redis.call('ZCARD', KEYS[4])
redis.call('ZCARD', KEYS[5])
redis.call('HLEN', KEYS[6])
redis.call('HLEN', KEYS[7])
local room_to_keep = 0
if (ARGV[9] or '') ~= '' then room_to_keep = tonumber(ARGV[10]) - redis.call('HLEN', KEYS[8]) end
local is_first_kept = room_to_keep > 0 and redis.call('EXISTS', KEYS[8]) == 0
local about = redis.call('HMGET', KEYS[2], 'v', 'claim_ms', 'added', 'delivered', 'read')
local known_delivered, known_read = about[4], tonumber(about[5] or '')

local function named(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end

local function longer_or_later(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end

-- Of two stream ids; by their digits, since a Lua number does not hold 64 bits.
local function is_after(a, b)
  local a_ms, a_seq = a:match('(%d+)-(%d+)')
  local b_ms, b_seq = b:match('(%d+)-(%d+)')
  if a_ms ~= b_ms then return longer_or_later(a_ms, b_ms) end
  return a_seq ~= b_seq and longer_or_later(a_seq, b_seq)
end

local had_stream = redis.call('EXISTS', KEYS[1]) == 1
local function find_group()
  local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
  if groups.err then return nil end
  for _, info in ipairs(groups) do
    local fields = named(info)
    if fields['name'] == ARGV[1] then return fields end
  end
end

local group = find_group()
if not group then redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM') end
local is_foreign = redis.call('XGROUP', 'CREATECONSUMER', KEYS[1], ARGV[1], 'tapline') == 1
local stream = named(redis.call('XINFO', 'STREAM', KEYS[1]))
local added = stream['entries-added']

local mended = ''
if is_foreign then
  redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], '0', 'ENTRIESREAD', added - stream['length'])
  if group or (had_stream and known_delivered) then mended = 'group_recreated' end
elseif known_read and not group['entries-read']
       and is_after(group['last-delivered-id'], known_delivered)
       and not is_after(stream['max-deleted-entry-id'], known_delivered) then
  redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], known_delivered, 'ENTRIESREAD', known_read)
  mended = 'group_moved'
end
if is_foreign or mended ~= '' then group = find_group() end

if added < (tonumber(about[3] or '') or 0) then
  redis.call('HSET', KEYS[2], 'removed', 0)
  redis.call('HINCRBY', KEYS[2], 'resets', 1)
end
local last = group['last-delivered-id']
local read = group['entries-read'] and tostring(group['entries-read']) or ''
if about[1] ~= ARGV[5] or about[2] ~= ARGV[6] or about[3] ~= tostring(added)
   or known_delivered ~= last or about[5] ~= read then
  redis.call('HSET', KEYS[2], 'v', ARGV[5], 'claim_ms', ARGV[6], 'added', added,
             'delivered', last, 'read', read)
end
if is_foreign or mended ~= '' or last == '0-0' then return {'', 0, mended} end

-- One page of pending ids; what lies between them is acknowledged. A full page says nothing of what
-- is behind its last id. Ids of entries that somebody deleted stand among them and do no harm.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], last, most)
local finished, room, from, next_id = {}, most, ARGV[2], ''
local function collect(to)
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], from, to, 'COUNT', room)) do
    finished[#finished + 1] = entry
    room = room - 1
  end
end
for _, item in ipairs(pending) do
  collect('(' .. item[1])
  if room == 0 then break end
  from = '(' .. item[1]
end
if #pending == most then
  next_id = from
elseif room > 0 then
  collect(last)
end
if room == 0 then next_id = '(' .. finished[#finished][1] end

local removed, failure = 0, nil
for _, entry in ipairs(finished) do
  local id, fields = entry[1], entry[2]
  local kept = {}
  for i = 1, #fields, 2 do
    local name = fields[i]
    if name == 'tracking_number' or name == 'id' or name == 'accepted_at' then
      kept[name] = string.sub(fields[i + 1], 1, 256)
    end
    if kept.tracking_number and kept.id and kept.accepted_at then break end
  end
  local accepted_at = kept.accepted_at and kept.accepted_at:match('^%d+$') or 'null'
  local member = ARGV[7] .. ' ' .. id
  if ARGV[8] ~= 'outcome' then
    redis.call('ZREM', KEYS[4], member)
    redis.call('ZREM', KEYS[5], member)
    redis.call('HDEL', KEYS[6], member)
  elseif redis.call('ZSCORE', KEYS[4], member) then
    redis.call('HSET', KEYS[7], member, cmsgpack.pack(fields))
  end
  if room_to_keep > 0 then
    redis.call('HSET', KEYS[8], member, cmsgpack.pack(fields))
    room_to_keep = room_to_keep - 1
    if is_first_kept then redis.call('PEXPIRE', KEYS[8], ARGV[9]) end
    is_first_kept = false
  end
  -- The fact comes last: what cannot be removed is not told as done.
  removed = removed + redis.call('XDEL', KEYS[1], id)
  local fact = redis.pcall('XADD', KEYS[3], '*', 'fact', 'done', 'id', kept.id or '',
                           'tracking_number', kept.tracking_number or '', 'at', ARGV[4],
                           'body', '{"queue":"' .. ARGV[7] .. '","entry":"' .. id ..
                                   '","accepted_at":' .. accepted_at .. '}')
  if type(fact) == 'table' and fact.err then
    failure = fact
    break
  end
end
if removed > 0 then redis.call('HINCRBY', KEYS[2], 'removed', removed) end
if failure then return failure end
return {next_id, removed, mended}
