-- Lets the keys of a case expire together.
-- KEYS: the case, its ballots. ARGV: the time until then, in milliseconds.

for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 'OK'
