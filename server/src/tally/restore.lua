-- Creates a case, open, over the ballots that exist; unless it exists in this epoch or a higher one.
-- ARGV: epoch, closes_at_ms, options, allow_change (0 or 1), draft, the time for which the case stays after its
-- deadline, in milliseconds, the part of the memory above which no case is created, in percent (empty: none).
-- All ballots are read at once. A million take about a second, in which Redis does nothing else. A new case has none,
-- so only a loss costs that.

local epoch, store = epoch_of(ARGV[1])
local closes_at_ms, draft, case = tonumber(ARGV[2]), tonumber(ARGV[5]), read()
if case and case.epoch > epoch then return state_of(case) end
if case and case.epoch == epoch then
  local is_untouched = not case.sealed_by and case.is_whole and sum(case.counts) == 0
  -- The rule of `OpenParams::supersedes`: a late call must not undo an extension.
  local of = tonumber(case.draft or 0)
  local is_later = draft > of or (draft == of and closes_at_ms > case.closes_at_ms)
  if not (is_untouched and is_later) then return state_of(case) end
end

if ARGV[7] ~= '' and is_fuller_than(tonumber(ARGV[7])) then return { 'full' } end

local counts = {}
for option = 1, tonumber(ARGV[3]) do counts[option] = 0 end
for _, ballot in ipairs(redis.call('HVALS', BALLOTS)) do
  local place = option_of(ballot) + 1
  if not counts[place] then return redis.error_reply('ERR a ballot names an option that the case lacks') end
  counts[place] = counts[place] + 1
end

redis.call('DEL', CASE)
redis.call('HSET', CASE, 'epoch', epoch, 'rev', sum(counts), 'counts', table.concat(counts, ','),
  'closes_at_ms', ARGV[2], 'allow_change', ARGV[4], 'draft', ARGV[5])
if store ~= '' then redis.call('HSET', CASE, 'store', store) end
case = read()
expire(case, tonumber(ARGV[6]))
return state_of(case)
