-- Seals a case. The deadline seals it only once it has passed, and then seals it for every caller. It creates no case.
-- ARGV: epoch, who seals it (JSON), the JSON of a seal by the deadline.

local case, refusal = known(ARGV[1], 0)
if not case then return refusal end

local by, deadline = ARGV[2], ARGV[3]
local open = is_open(case)
if not open then by = deadline end
if not case.sealed_by and not (open and by == deadline) then
  case.sealed_by, case.sealed_at_ms = by, now_ms
  redis.call('HSET', CASE, 'sealed_by', by, 'sealed_at_ms', now_ms)
end
return state_of(case)
