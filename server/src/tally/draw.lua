-- Freezes the lists from which a case's panel is drawn, and returns the lowest tickets of each. It creates no case.
-- KEYS: as in offer.lua. ARGV: epoch, then for each list the most members to return.

local case, refusal = known(ARGV[1], 0)
if not case then return refusal end

local seen, reply = {}, { 'drawn' }
for list = 1, 3 do
  local most, lowest = tonumber(ARGV[1 + list]), {}
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2 + list], 0, -1)) do
    local juror = string.sub(member, 9, 24)
    -- A juror with tokens of two sides stays in the first list.
    if not seen[juror] then
      seen[juror] = true
      if #lowest < most then lowest[#lowest + 1] = member end
    end
  end
  reply[1 + list] = table.concat(lowest)
end
redis.call('HSET', CASE, 'drawn', 1)
return reply
