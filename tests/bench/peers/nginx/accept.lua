-- The peer of scripts/bench: the same work as the gateway's for one Instagram message, inside nginx.
--
-- HMAC-SHA256 comes from the libcrypto that nginx is linked with, through LuaJIT's FFI; JSON from
-- lua-cjson; Redis over pooled cosockets, one call per request.
local ffi = require("ffi")
local cjson = require("cjson.safe")
local redis_client = require("nginx.redis")

ffi.cdef([[
  typedef struct evp_md_st EVP_MD;
  const EVP_MD *EVP_sha256(void);
  unsigned char *HMAC(const EVP_MD *digest, const void *key, int key_bytes,
                      const unsigned char *data, size_t data_bytes, unsigned char *mac,
                      unsigned int *mac_bytes);
  int CRYPTO_memcmp(const void *a, const void *b, size_t bytes);
]])

local kPoolSize = 1024
local kIdleMs = 60000
local kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
local kSeenLife = "691200000"
local kRecordLife = "7776000000"
local kRespondWithin = 300000
local kReplyWindow = 86400000
local kRecentMax = 20
local kConfigVersion = "0123456789ab"
local kTrackingKey = "tracking key of the bench: 32 b."
local kPrivacyKey = "privacy key of the bench: 32 b.."

local band, rshift = bit.band, bit.rshift
local format, sub, byte = string.format, string.sub, string.byte
local encode = cjson.encode
local digest = ffi.C.EVP_sha256()
local mac = ffi.new("unsigned char[32]")
local given = ffi.new("unsigned char[32]")
local secret = os.getenv("SECRET")
local redis_path = "unix:" .. os.getenv("REDIS")
local script_sha

local _M = {}

local function hmac(key, data)
  ffi.C.HMAC(digest, key, #key, data, #data, mac, nil)
end

local function is_authentic(header, body)
  if type(header) ~= "string" or #header ~= 71 or sub(header, 1, 7) ~= "sha256=" then return false end
  for i = 0, 31 do
    local value = tonumber(sub(header, 8 + 2 * i, 9 + 2 * i), 16)
    if not value then return false end
    given[i] = value
  end
  hmac(secret, body)
  return ffi.C.CRYPTO_memcmp(mac, given, 32) == 0
end

local function short_hash(from)
  local text = ngx.encode_base64(ffi.string(mac + from, 16), true)
  return (text:gsub("[+/]", { ["+"] = "-", ["/"] = "_" }))
end

-- Eight symbols of 40 bits and one more that depends on all of them.
local symbols = {}
local function tracking_number()
  local high = mac[0] * 4096 + mac[1] * 16 + rshift(mac[2], 4)
  local low = band(mac[2], 15) * 65536 + mac[3] * 256 + mac[4]
  local check = 0
  for i = 8, 1, -1 do
    local value = i > 4 and low or high
    local symbol = band(value, 31)
    symbols[i] = byte(kAlphabet, symbol + 1)
    check = band(check * 3 + symbol, 31)
    if i > 4 then low = rshift(low, 5) else high = rshift(high, 5) end
  end
  symbols[9] = byte(kAlphabet, check + 1)
  return string.char(unpack(symbols, 1, 9))
end

local function fields_of(packed)
  local fields, from = {}, 1
  while true do
    local tab = string.find(packed, "\t", from, true)
    fields[#fields + 1] = sub(packed, from, tab and tab - 1)
    if not tab then return fields end
    from = tab + 1
  end
end

-- The times of the last contacts in seconds, this one first.
local function recent_after(recent, now)
  local times = sub(now, 1, -4)
  local kept = 1
  for time in string.gmatch(recent, "[^,]+") do
    if kept == kRecentMax then break end
    times, kept = times .. "," .. time, kept + 1
  end
  return times
end

local function customer_after(packed, number, compact, now)
  if packed == "" then
    return "1\t1\t" .. now .. "\t" .. number .. "\t" .. now .. "\t\t\t0\t\t" .. sub(now, 1, -4) ..
      "\t" .. compact, 0, "null", ""
  end
  local f = fields_of(packed)
  local contacts = tonumber(f[2])
  local open, since = f[4], f[5]
  if open == "" then open, since = number, now end
  return format("1\t%d\t%s\t%s\t%s\t%s\t\t0\t\t%s\t%s", contacts + 1, now, open, since, f[6],
                recent_after(f[10] or "", now), compact), contacts,
         f[4] ~= "" and f[5] or "null", f[6]
end

local function rfc3339(ms)
  local seconds = math.floor(ms / 1000)
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds) .. format(".%03dZ", ms - seconds * 1000)
end

-- JSON is put together as text, with cjson for the strings of strangers: several times cheaper in Lua
-- than a table that is built to be encoded.
local function call(redis, message, account, packed_customer)
  local now_ms = math.floor(ngx.now() * 1000)
  local now = format("%d", now_ms)
  local due_ms = now_ms + kRespondWithin
  local due = format("%d", due_ms)
  local mid, sender = message.message.mid, message.sender.id
  hmac(kTrackingKey, "event\n4:acme9:instagram" .. #account .. ":" .. account .. #mid .. ":" .. mid)
  local founder = short_hash(8)
  local compact = tracking_number()
  local number = sub(compact, 1, 3) .. "-" .. sub(compact, 4, 6) .. "-" .. sub(compact, 7)
  hmac(kPrivacyKey,
       "customer\n4:acme9:instagram" .. #account .. ":" .. account .. #sender .. ":" .. sender)
  local customer = short_hash(0)
  local customer_record, contacts, since, outcome = customer_after(packed_customer, number, compact, now)
  local mid_json, sender_json = encode(mid), encode(sender)
  local fact = '{"type":"contact.dm","connection":"instagram-main","source":"instagram",' ..
    '"profile":"shop","channel":"dm","button":"ig-dm","campaign":"","campaign_by":"",' ..
    '"attribution":"exact_line","region":"unknown","route":"shoppers","queue":"sales","due_at":' ..
    due .. ',"occurred_at":' .. format("%d", message.timestamp) .. ',"customer":"' .. customer ..
    '","config":"' .. kConfigVersion .. '","fields":{}}'
  local data = '{"specversion":"1.0","id":' .. mid_json .. ',"source":"/acme/instagram-main",' ..
    '"type":"contact.dm","subject":"' .. number .. '","time":"' .. rfc3339(message.timestamp) ..
    '","datacontenttype":"application/json","data":{"customer":{"id":' .. sender_json ..
    ',"name":"","phone":"","email":"","handle":""},"text":' .. encode(message.message.text) ..
    ',"subject":"","parts":[],"attachments":[],"visibility":"private","post_url":"",' ..
    '"reply":{"how":"instagram_dm","account":' .. encode(account) .. ',"to":' .. sender_json ..
    ',"suggested":"Thank you for writing to Acme Shoes. Your reference is ' .. number ..
    '."},"attribution":{},"context":{"open_since":' .. since ..
    ',"earlier_contacts":' .. contacts .. ',"last_outcome":' .. encode(outcome) ..
    ',"promised":"","late_reason":""}}}'
  return redis:evalsha(
    script_sha, "7",
    "tapline:{acme}:seen:" .. founder, "tapline:{acme}:feed", "tapline:{acme}:journey:" .. compact,
    "tapline:{acme}:due", "tapline:{acme}:queue:sales:about", "tapline:{acme}:queue:sales",
    "tapline:{acme}:customer:" .. customer,
    "1\tqueued\t" .. number .. "\tsales\tshoppers\t" .. due .. "\t\t", kSeenLife, "",
    "1\t" .. founder .. "\t" .. now .. "\tinstagram\tshop\tig-dm\t\t\tsales\tshoppers\t1\t" .. now
      .. "\t\t\t" .. now .. "\t\t\t" .. customer,
    kRecordLife, packed_customer, customer_record, kRecordLife, "sales", due,
    "queued", mid, number, now, fact,
    "1", mid, number, now, "contact.dm", "instagram", "shop", "dm", "ig-dm", "", "", "shoppers", "",
    "exact_line", "signature", "normal", due, format("%d", message.timestamp + kReplyWindow), "redis",
    kConfigVersion, "", "", data)
end

-- A customer that came before moves under us at most a few times.
local function accept(redis, message, account)
  local packed_customer = ""
  for _ = 1, 6 do
    local answer, problem = call(redis, message, account, packed_customer)
    if not answer then return nil, problem end
    if answer[1] == "ok" or answer[1] == "seen" then return true end
    if answer[1] ~= "changed" then return nil, "script: " .. tostring(answer[1]) end
    packed_customer = answer[3]
  end
  return nil, "the customer's record moves too often"
end

function _M.load(path)
  local file = assert(io.open(path, "rb"))
  local source = file:read("*a")
  file:close()
  local sha1 = ngx.sha1_bin(source)
  script_sha = sha1:gsub(".", function(c) return format("%02x", byte(c)) end)
end

local function accept_all(redis, payload)
  for _, entry in ipairs(payload.entry) do
    for _, message in ipairs(entry.messaging) do
      local ok, problem = accept(redis, message, entry.id)
      if not ok then return nil, problem end
    end
  end
  return true
end

function _M.handle()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if not body or not is_authentic(ngx.var.http_x_hub_signature_256, body) then
    return ngx.exit(401)
  end
  local payload = cjson.decode(body)
  if not payload then return ngx.exit(400) end
  local redis = redis_client:new()
  redis:set_timeout(10000)
  local connected, problem = redis:connect(redis_path)
  if connected then connected, problem = accept_all(redis, payload) end
  if not connected then
    ngx.log(ngx.ERR, "not accepted: ", problem)
    return ngx.exit(503)
  end
  redis:set_keepalive(kIdleMs, kPoolSize)
  ngx.status = 202
  ngx.header.content_length = 0
end

return _M
