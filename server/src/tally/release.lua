-- Lets the keys of a case expire together, sooner where memory is more than half full. It moves no expiry later.
-- KEYS: the case, its ballots. ARGV: the time until then, and the time where memory is short, in milliseconds.

local function is_half_full()
  local info = redis.pcall('INFO', 'memory')
  if type(info) ~= 'string' then return false end
  local used, max = string.match(info, 'used_memory:(%d+)'), string.match(info, '\nmaxmemory:(%d+)')
  return used and max and tonumber(max) > 0 and tonumber(used) * 2 > tonumber(max)
end

local kept_ms = tonumber(is_half_full() and ARGV[2] or ARGV[1])
for _, key in ipairs(KEYS) do
  local left_ms = redis.call('PTTL', key)
  if left_ms == -1 or left_ms > kept_ms then redis.call('PEXPIRE', key, kept_ms) end
end
-- The mark keeps a poll from renewing the expiry. A full Redis refuses it, and then a late poll costs some days.
if redis.call('EXISTS', KEYS[1]) == 1 then redis.pcall('HSET', KEYS[1], 'released', '1') end
return 'OK'
