-- Seals a case. The deadline seals it only once it has passed, and then seals it for every caller. It creates no case.
-- ARGV: epoch, who seals it (JSON), the JSON of a seal by the deadline, the deadline that the caller has seen (or '').

local case, refusal = known(ARGV[1], 0)
if not case then return refusal end

local by, deadline, seen_ms = ARGV[2], ARGV[3], tonumber(ARGV[4])
local open = is_open(case)
if not open then by = deadline end
local is_met = not seen_ms or seen_ms == case.closes_at_ms
if not case.sealed_by and is_met and not (open and by == deadline) then
  case.sealed_by, case.sealed_at_ms = by, now_ms
  redis.call('HSET', CASE, 'sealed_by', by, 'sealed_at_ms', now_ms)
end
return state_of(case)
