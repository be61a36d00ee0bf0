-- Marks the tree that a log is signed at, and answers with the mark's size and root. A mark of this size or a larger
-- one stays.
-- KEYS: the log's mark. ARGV: size, root.
local size = tonumber(redis.call('HGET', KEYS[1], 'size') or '0')
if tonumber(ARGV[1]) > size then
    redis.call('HSET', KEYS[1], 'size', ARGV[1], 'root', ARGV[2])
end
return redis.call('HMGET', KEYS[1], 'size', 'root')
