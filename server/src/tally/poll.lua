-- How a case stands.
-- ARGV: epoch, seen rev.

local case, refusal = known(tonumber(ARGV[1]), tonumber(ARGV[2]))
return case and standing(case) or refusal
