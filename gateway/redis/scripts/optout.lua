-- Records that a customer wants no more messages, or wants them again.
--
-- KEYS  1 seen mark   2 second seen mark (may be the first)   3 feed   4 the brand's opt-outs
-- ARGV  1 seen mark's value   2 its life in ms   3 customer ("" = not known)   4 "stop" or "start"
--       5 fact   6 event id   7 now in ms   8 body
-- Answers {"ok"} | {"seen", mark}.
--
-- The opt-outs are a sorted set of keyed customer hashes by the time of their word; they do not
-- expire. A repetition changes nothing, so an old STOP that comes again does not undo a START.

local seen = redis.call('MGET', KEYS[1], KEYS[2])
if seen[1] or seen[2] then return {'seen', seen[1] or seen[2]} end
redis.call('ZCARD', KEYS[4])
local reply = redis.pcall('XADD', KEYS[3], '*', 'fact', ARGV[5], 'id', ARGV[6],
                          'tracking_number', '', 'at', ARGV[7], 'body', ARGV[8])
if type(reply) == 'table' and reply.err then return reply end
if ARGV[3] ~= '' and ARGV[4] == 'stop' then
  redis.call('ZADD', KEYS[4], ARGV[7], ARGV[3])
elseif ARGV[3] ~= '' then
  redis.call('ZREM', KEYS[4], ARGV[3])
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'ok'}
