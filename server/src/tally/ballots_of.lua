-- Returns a case's epoch and the ballots of some jurors, in their order; nothing if the case does not exist.
-- KEYS: the case, its ballots. ARGV: pseudonyms.

local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return false end
return { tonumber(epoch), redis.call('HMGET', KEYS[2], unpack(ARGV)) }
