-- The fields of an entry: of its stream, else as they were when it was acknowledged.
--
-- KEYS  1 stream   2 unanswered
-- ARGV  1 entry   2 member of `due`
-- Answers names and values, one after the other; nothing where there is neither.

local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if found[1] then return found[1][2] end
local kept = redis.call('HGET', KEYS[2], ARGV[2])
return kept and cmsgpack.unpack(kept) or {}
