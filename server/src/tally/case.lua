-- The code that the scripts on a case share. It runs before each of them.
-- KEYS: the case (a hash), its ballots (a hash: pseudonym -> option, side, change, minute; see BALLOT).
-- Each script computes everything before its first write, so that a script that fails has written nothing.

local CASE, BALLOTS = KEYS[1], KEYS[2]
-- Big-endian: option u8, side u8, change u32, Unix minute u32.
local BALLOT = '>BBI4I4'
local MINUTE_MS = 60000

local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function sum(counts)
  local ballots = 0
  for i = 1, #counts do ballots = ballots + counts[i] end
  return ballots
end

local function read()
  local flat = redis.call('HGETALL', CASE)
  if #flat == 0 then return nil end
  local case = {}
  for i = 1, #flat, 2 do case[flat[i]] = flat[i + 1] end
  local counts = {}
  for count in string.gmatch(case.counts, '%d+') do counts[#counts + 1] = tonumber(count) end
  case.counts = counts
  case.epoch = tonumber(case.epoch)
  case.rev = tonumber(case.rev)
  case.closes_at_ms = tonumber(case.closes_at_ms)
  case.allow_change = case.allow_change == '1'
  case.is_whole = redis.call('HLEN', BALLOTS) == sum(counts)
  return case
end

-- Lets both keys expire so long after the case's deadline, or after now if that has passed.
local function expire(case, kept_ms)
  local left_ms = math.max(case.closes_at_ms - now_ms, 0) + kept_ms
  redis.call('PEXPIRE', CASE, left_ms)
  redis.call('PEXPIRE', BALLOTS, left_ms)
end

-- Returns the case if it is in this epoch and at least at this rev; else nil and the reply.
local function known(epoch, seen_rev)
  local case = read()
  if case and case.epoch > epoch then return nil, { 'superseded', case.epoch } end
  if not case or case.epoch < epoch or case.rev < seen_rev or not case.is_whole then return nil, { 'lost' } end
  return case
end

local function is_open(case)
  return not case.sealed_by and now_ms < case.closes_at_ms
end

local function state_of(case)
  return {
    'state', case.epoch, case.rev, table.concat(case.counts, ','), case.closes_at_ms, now_ms,
    case.sealed_by or '', tonumber(case.sealed_at_ms or 0),
  }
end
