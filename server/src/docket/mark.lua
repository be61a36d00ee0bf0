-- Advances the mark of a docket. A node that knows an older incarnation than the mark changes nothing.
-- KEYS: the mark, its places. ARGV: incarnation number, incarnation id, places kept, then place and case in turn, the
-- lowest place first.
local number = tonumber(redis.call('HGET', KEYS[1], 'number') or '0')
local incarnation = redis.call('HGET', KEYS[1], 'incarnation')
local new = tonumber(ARGV[1])
if new < number or (new == number and incarnation ~= ARGV[2]) then
    return 0
end
if new > number then
    redis.call('DEL', KEYS[1], KEYS[2])
    redis.call('HSET', KEYS[1], 'number', ARGV[1], 'incarnation', ARGV[2])
end
for at = 4, #ARGV, 2 do
    redis.call('ZADD', KEYS[2], ARGV[at], ARGV[at + 1])
end
if #ARGV > 3 and tonumber(ARGV[#ARGV - 1]) > tonumber(redis.call('HGET', KEYS[1], 'place') or '0') then
    redis.call('HSET', KEYS[1], 'place', ARGV[#ARGV - 1], 'case', ARGV[#ARGV])
end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -tonumber(ARGV[3]) - 1)
return 1
