-- Seals a case. The deadline seals it only once it has passed, and then seals it for every caller. It creates no case.
-- ARGV: epoch, who seals it (JSON), the JSON of a seal by the deadline, the deadline that the caller has seen (or ''),
-- the earliest and the latest time that it may be by the caller's own clock.

local case, refusal = known(ARGV[1], 0)
if not case then return refusal end

local by, deadline, seen_ms = ARGV[2], ARGV[3], tonumber(ARGV[4])
local at_ms = math.max(tonumber(ARGV[5]), math.min(now_ms, tonumber(ARGV[6])))
local open = at_ms < case.closes_at_ms
if not open then by = deadline end
-- A clock that has stepped past the deadline seals nothing, for nobody.
local is_early = open and (by == deadline or now_ms >= case.closes_at_ms)
local is_met = not seen_ms or seen_ms == case.closes_at_ms
if not case.sealed_by and is_met and not is_early then
  case.sealed_by, case.sealed_at_ms = by, at_ms
  redis.call('HSET', CASE, 'sealed_by', by, 'sealed_at_ms', at_ms)
end
return state_of(case)
