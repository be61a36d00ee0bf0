-- Records a batch of ballots by the rule of `RecordResult`, and counts it. It creates no case.
-- ARGV: epoch, seen rev, the casts, 23 bytes each: pseudonym 16, option u8, side u8, marks u8,
-- change u32, big-endian.
-- Adds to the state: the results, 6 bytes each: code u8, option u8, change u32.

local case, refusal = known(ARGV[1], tonumber(ARGV[2]))
if not case then return refusal end

local CAST_BYTES, PSEUDONYM_BYTES = 23, 16
-- Above the limits of Redis for a small hash, by default (128 fields, values of 64 bytes) and by sensible settings.
local MAYBE_SMALL_BALLOTS, LONG_BYTES, UNORDERED = 1024, 256, 'unordered'
local casts, open, minute = ARGV[3], is_open(case), math.floor(now_ms / MINUTE_MS)
local jurors = {}
for at = 1, #casts, CAST_BYTES do
  jurors[#jurors + 1] = string.sub(casts, at, at + PSEUDONYM_BYTES - 1)
end

local stored, touched, results = {}, {}, {}
if #jurors > 0 then
  local found = redis.call('HMGET', BALLOTS, unpack(jurors))
  for i = 1, #jurors do
    if found[i] then stored[jurors[i]] = { option_of(found[i]), change_of(found[i]) } end
  end
end

local function put(juror, option, side, marks, change)
  local place = option + 1
  if not case.counts[place] then return false end
  case.counts[place] = case.counts[place] + 1
  stored[juror] = { option, change }
  touched[juror] = struct.pack(BALLOT, option, side, marks, change, minute)
  return true
end

for i = 1, #jurors do
  local juror = jurors[i]
  local option, side, marks, change = struct.unpack('>BBBI4', casts, (i - 1) * CAST_BYTES + PSEUDONYM_BYTES + 1)
  if not case.allow_change then change = 0 end
  local before, result = stored[juror], nil
  if not before then
    result = open and 'counted' or 'closed'
  elseif not case.allow_change then
    result = (option == before[1] and 'duplicate') or (open and 'already_voted') or 'closed'
  elseif open then
    result = (change == before[2] + 1) and 'changed' or 'duplicate'
  else
    result = (change <= before[2]) and 'duplicate' or 'closed'
  end
  if result == 'changed' then case.counts[before[1] + 1] = case.counts[before[1] + 1] - 1 end
  if result == 'counted' or result == 'changed' then
    if not put(juror, option, side, marks, change) then
      return redis.error_reply('ERR the case lacks this option')
    end
  end
  local now = stored[juror] or { 0, 0 }
  local code = ({ closed = 0, counted = 1, changed = 2, duplicate = 3, already_voted = 4 })[result]
  results[i] = struct.pack('>BBI4', code, now[1], now[2])
end

local ballots = {}
for juror, ballot in pairs(touched) do
  ballots[#ballots + 1] = juror
  ballots[#ballots + 1] = ballot
end
if #ballots > 0 then
  case.rev = case.rev + 1
  -- A small hash keeps its fields in the order of insertion, which would tell the order of the casts. A value too long
  -- for that form turns it into a table without order before the ballots are inserted.
  if sum(case.counts) < MAYBE_SMALL_BALLOTS then redis.call('HSET', BALLOTS, UNORDERED, string.rep(' ', LONG_BYTES)) end
  redis.call('HSET', BALLOTS, unpack(ballots))
  redis.call('HDEL', BALLOTS, UNORDERED)
  -- A new key has no expiry: it gets the case's.
  local left_ms = redis.call('PTTL', CASE)
  if left_ms > 0 and redis.call('PTTL', BALLOTS) < 0 then redis.call('PEXPIRE', BALLOTS, left_ms) end
  redis.call('HSET', CASE, 'rev', case.rev, 'counts', table.concat(case.counts, ','))
end

local reply = state_of(case)
reply[#reply + 1] = table.concat(results)
return reply
