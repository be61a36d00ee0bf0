-- Moves an open case's deadline if it is the one that the caller knows, and keeps who moved it. It creates no case.
-- ARGV: epoch, from_ms, to_ms, the time for which the case stays after its deadline, in milliseconds, the moderator.

local case, refusal = known(ARGV[1], 0)
if not case then return refusal end

if is_open(case) and case.closes_at_ms == tonumber(ARGV[2]) then
  case.closes_at_ms = tonumber(ARGV[3])
  redis.call('HSET', CASE, 'closes_at_ms', ARGV[3], 'extended_from_ms', ARGV[2], 'extended_by', ARGV[5])
  expire(case, tonumber(ARGV[4]))
end
return state_of(case)
