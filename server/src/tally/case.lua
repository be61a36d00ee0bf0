-- The code that the scripts on a case share. It runs before each of them.
-- KEYS: the case (a hash), its ballots (a hash: pseudonym -> option, side, marks, change, minute; see BALLOT).
-- An epoch in ARGV[1] has the id of the store that it was filed with behind a space, if it was filed with one.
-- Each script computes everything before its first write, so that a script that fails has written nothing.

local CASE, BALLOTS = KEYS[1], KEYS[2]
-- Big-endian: option u8, side u8, marks u8, change u32, Unix minute u32. An earlier version wrote no marks.
local BALLOT = '>BBBI4I4'
local MINUTE_MS = 60000

local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- The option and the change of a stored ballot, with marks or without: they lie first, and before the minute.
local function option_of(ballot) return string.byte(ballot) end
local function change_of(ballot) return (struct.unpack('>I4', ballot, #ballot - 7)) end

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

-- Splits an epoch, and the id of the store that it was filed with, if it has one behind a space.
local function epoch_of(text)
  local epoch, store = string.match(text, '^(%d+) ?(.*)$')
  return tonumber(epoch), store
end

-- Returns the case if it is in this epoch, of this store, and at least at this rev; else nil and the reply. An earlier
-- version wrote and filed no store, and then none is compared.
local function known(epoch_text, seen_rev)
  local epoch, store = epoch_of(epoch_text)
  local case = read()
  if case and case.epoch > epoch then return nil, { 'superseded', case.epoch } end
  local is_foreign = case and case.store and store ~= '' and case.store ~= store
  local is_behind = not case or case.epoch < epoch or case.rev < seen_rev
  if is_behind or is_foreign or not case.is_whole then return nil, { 'lost' } end
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
