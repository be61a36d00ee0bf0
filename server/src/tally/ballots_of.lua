-- The ballots of some jurors, in their order; of a case that does not stand, none.
-- KEYS: the case, its ballots. ARGV: pseudonyms.

if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
return redis.call('HMGET', KEYS[2], unpack(ARGV))
