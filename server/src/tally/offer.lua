-- Puts jurors into the lists from which a case's panel is drawn, unless it is drawn. It creates no case.
-- KEYS: the case, its ballots, the lists of buyers, merchants and others (sorted sets of score 0, whose members are
-- ticket, pseudonym and masked profile).
-- ARGV: epoch, then for each list the new members, one after the other.
local OFFER_BYTES = 40

local case, refusal = known(ARGV[1], 0)
if not case then return refusal end
if case.drawn then return state_of(case) end

local left_ms = redis.call('PTTL', CASE)
for list = 1, 3 do
  local members, key = {}, KEYS[2 + list]
  for at = 1, #ARGV[1 + list], OFFER_BYTES do
    members[#members + 1] = 0
    members[#members + 1] = string.sub(ARGV[1 + list], at, at + OFFER_BYTES - 1)
  end
  if #members > 0 then
    redis.call('ZADD', key, unpack(members))
    redis.call('PEXPIRE', key, left_ms)
  end
end
return state_of(case)
