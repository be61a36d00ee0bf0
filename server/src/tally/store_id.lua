-- Returns the id of this store, which is the given one if it has none yet. It has no expiry.
-- KEYS: the id. ARGV: an id.

local id = redis.call('GET', KEYS[1])
if id then return id end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
