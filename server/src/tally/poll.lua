-- Returns the state of a case. A sealed case that is polled does not expire, since its record may take long.
-- ARGV: epoch, seen rev, the time for which the case stays, the time before that is renewed, both in milliseconds.

local case, refusal = known(ARGV[1], tonumber(ARGV[2]))
if not case then return refusal end

local kept_ms = tonumber(ARGV[3])
if case.sealed_by and not case.released and redis.call('PTTL', CASE) < kept_ms - tonumber(ARGV[4]) then
  expire(case, kept_ms)
end
return state_of(case)
