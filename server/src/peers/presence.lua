-- Notes how one node is, forgets nodes that were not heard of, and tells how the others are.
-- KEYS: where they are noted (a hash: node -> `<Unix ms> <report>`).
-- ARGV: the node, its report (empty: it leaves), for how long a node is remembered, in milliseconds.

local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept_ms = tonumber(ARGV[3])

if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s', now_ms, ARGV[2]))
end

local reports, noted = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #noted, 2 do
  local seen_ms, report = string.match(noted[i + 1], '^(%d+) (.*)$')
  if seen_ms and now_ms - tonumber(seen_ms) <= kept_ms then
    reports[#reports + 1] = report
  else
    redis.call('HDEL', KEYS[1], noted[i])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return reports
