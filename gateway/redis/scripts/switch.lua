-- Turns a switch on or off, or takes off one whose time is over.
--
-- KEYS  1 switches   2 feed   3 switch_passed: of each switch, how many it let pass since it is on
-- ARGV  1 switch   2 its state as JSON ("" = off)   3 now in ms   4 fact   5 its body
--       6 "expired": only where its time is over
-- Answers "ok" | "same" (it was off).

local stands = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('XLEN', KEYS[2])
if ARGV[2] == '' and not stands then return 'same' end
if ARGV[6] == 'expired' and cjson.decode(stands)['until'] > tonumber(ARGV[3]) then return 'same' end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  local ok, record = pcall(cjson.decode, stands or '')
  local is_on = ok and type(record) == 'table' and (tonumber(record['until']) or 0) > tonumber(ARGV[3])
  if not is_on then redis.call('HDEL', KEYS[3], ARGV[1]) end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('XADD', KEYS[2], '*', 'fact', ARGV[4], 'id', '', 'tracking_number', '', 'at', ARGV[3],
           'body', ARGV[5])
return 'ok'
