-- Tells how full Redis is. It runs before the scripts that ask.

-- Whether more than this part of maxmemory is used, in percent. Without maxmemory Redis is never full.
local function is_fuller_than(percent)
  local info = redis.pcall('INFO', 'memory')
  if type(info) ~= 'string' then return false end
  local used, max = string.match(info, 'used_memory:(%d+)'), string.match(info, '\nmaxmemory:(%d+)')
  return used and max and tonumber(max) > 0 and tonumber(used) * 100 > tonumber(max) * percent
end
