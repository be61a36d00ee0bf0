-- Saves one node's report, deletes outdated ones, and returns all that are left.
-- KEYS: the reports (a hash: node -> `<Unix ms> <report>`).
-- ARGV: the node, its report (empty: it leaves), the time for which a report is kept, in milliseconds.

local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept_ms = tonumber(ARGV[3])

if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s', now_ms, ARGV[2]))
end

local reports, saved = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #saved, 2 do
  local seen_ms, report = string.match(saved[i + 1], '^(%d+) (.*)$')
  if seen_ms and now_ms - tonumber(seen_ms) <= kept_ms then
    reports[#reports + 1] = report
  else
    redis.call('HDEL', KEYS[1], saved[i])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return reports
