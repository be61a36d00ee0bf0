-- Returns the state of a case.
-- ARGV: epoch, seen rev.

local case, refusal = known(tonumber(ARGV[1]), tonumber(ARGV[2]))
return case and state_of(case) or refusal
