-- Lets go of a case: its keys end together, after a while.
-- KEYS: the case, its ballots. ARGV: the while, in milliseconds.

for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 'OK'
