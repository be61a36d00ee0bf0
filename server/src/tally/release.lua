-- Lets the keys of a case expire together, sooner where memory is more than half full. It moves no expiry later.
-- KEYS: the case, its ballots, the lists for the draw of its panel.
-- ARGV: the time until then, and the time where memory is short, in milliseconds.

local kept_ms = tonumber(is_fuller_than(50) and ARGV[2] or ARGV[1])
for _, key in ipairs(KEYS) do
  local left_ms = redis.call('PTTL', key)
  if left_ms == -1 or left_ms > kept_ms then redis.call('PEXPIRE', key, kept_ms) end
end
-- The mark keeps a poll from renewing the expiry. A full Redis refuses it, and then a late poll costs some days.
if redis.call('EXISTS', KEYS[1]) == 1 then redis.pcall('HSET', KEYS[1], 'released', '1') end
return 'OK'
