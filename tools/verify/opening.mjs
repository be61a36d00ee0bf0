// The part that only an opening shows: every seal, and the sums by side, cohort, reading and reason.

import { hmacWith, sha256 } from './bytes.mjs';

const HEAD = Buffer.from('live-jury seal v1\n');
const ROW_BYTES = 19, REST_BYTES = 6;
const GROUP_MIN = 5, COHORT_MIN = 30, BLOCK = 32;

/** The seals of opened ballots, ascending. */
export function sealsOf({ rows, opening, count }, { caseBytes }) {
  const keyed = hmacWith(opening.key);
  const seals = [];
  for (let n = 0; n < count; n++) {
    const [row, rest] = [n * ROW_BYTES, n * REST_BYTES];
    const pseudonym = rows.subarray(row, row + 16);
    const salt = keyed(pseudonym).subarray(0, 16);
    const ballot = [rows.subarray(row, row + 17), opening.rest.subarray(rest, rest + REST_BYTES)];
    seals.push(sha256(HEAD, caseBytes, ...ballot, salt));
  }
  return seals.sort(Buffer.compare);
}

const total = (counts) => counts.reduce((sum, count) => sum + count, 0);
const same = (own, stated) => own.length === stated?.length && own.every((count, at) => BigInt(count) === stated[at]);

/** The first stated sum that is not that of the opened ballots, as a sentence. */
export function checkOpening({ rows, opening, count, brief }, statement) {
  if (!statement.counts) return undefined;
  const { options } = statement;
  const ballots = [];
  for (let n = 0; n < count; n++) {
    const [row, rest] = [n * ROW_BYTES, n * REST_BYTES];
    const [side, marks] = [opening.rest[rest], opening.rest[rest + 1]];
    ballots.push({ option: rows[row + 16], shown: rows[row + 17], side, marks });
  }
  const counts = (of) => {
    const found = options.map(() => 0);
    for (const ballot of ballots) if (of(ballot)) found[ballot.option]++;
    return found;
  };
  const deciding = (list) => total(list.filter((_, place) => !options[place]?.abstains));
  if (ballots.some(({ side }) => side > 2)) return 'an opened ballot has a side that no ballot has';
  if (ballots.some(({ option }) => option >= options.length)) {
    return 'an opened ballot has an option that the case does not have';
  }
  if (!same(counts(() => true), statement.counts)) return 'the counts are not those of the opened ballots';
  const sides = [1, 2].map((side) => counts((ballot) => ballot.side === side));
  const isSides = !statement.sides || same(sides.map(deciding), statement.sides);
  if (!isSides) return 'the sides are not those of the opened ballots';
  if (statement.side) {
    const told = sides.every((own, place) => same(own, statement.side[place]));
    if (!told || ballots.some(({ side, shown }) => side !== shown)) {
      return "the sides' counts are not those of the opened ballots";
    }
  }
  const cohorts = { present: (marks) => (marks & 1) === 1, older: (marks) => ((marks >> 1) & 3) >= 2 };
  for (const [name, of] of Object.entries(cohorts)) {
    const own = counts(({ marks }) => of(marks));
    const rest = deciding(statement.counts.map(Number)) - deciding(own);
    const isShown = statement.rule.raid !== undefined && deciding(own) >= COHORT_MIN && rest >= COHORT_MIN;
    const stated = statement[name];
    const wrong = 'a cohort is not stated as the opened ballots have it';
    if (isShown !== Boolean(stated)) return wrong;
    if (!stated) continue;
    const first = options.findIndex((option) => !option.abstains);
    const votes = ballots.filter(({ option }) => options[option] && !options[option].abstains);
    const e = evidence(votes.map(({ option, marks }) => [of(marks), option === first]));
    // Logarithms may differ in their last bit between machines.
    if (!same(own, stated.counts) || Math.abs(e - Number(stated.e)) > 1) return wrong;
  }
  const informed = counts(({ marks }) => ((marks >> 3) & 3) === 3);
  const isShown = total(informed) >= GROUP_MIN && count - total(informed) >= GROUP_MIN;
  if (isShown !== Boolean(statement.informed) || (isShown && !same(informed, statement.informed))) {
    return 'those who read both statements are not stated as the opened ballots have them';
  }
  // A mark that names no reason of the case is none.
  const known = [1, 2, 3, 4, 5, 6].slice(0, reasonsOf(brief));
  const reasons = shownReasons(known.map((reason) => (
    { reason, counts: counts(({ marks }) => marks >> 5 === reason) })), count);
  const stated = statement.reasons;
  const alike = reasons.length === stated.length && reasons.every((own, at) => (
    own.reason === stated[at].reason && same(own.counts, stated[at].counts)));
  return alike ? undefined : 'the reasons are not stated as the opened ballots have them';
}

// The number of reasons in a brief; 6, which is the most, where the brief is not there.
function reasonsOf(brief) {
  try {
    const { reasons } = JSON.parse(brief).rules;
    return Array.isArray(reasons) ? reasons.length : 0;
  } catch {
    return 6;
  }
}

// Reasons of five ballots or more. While the rest is a small group, the smallest joins it; of equal ones the last.
function shownReasons(all, ballots) {
  const reasons = all.filter(({ counts }) => total(counts) >= GROUP_MIN);
  for (;;) {
    const rest = ballots - reasons.reduce((sum, { counts }) => sum + total(counts), 0);
    if (rest < 1 || rest >= GROUP_MIN || reasons.length === 0) return reasons;
    const least = Math.min(...reasons.map(({ counts }) => total(counts)));
    reasons.splice(reasons.findLastIndex(({ counts }) => total(counts) === least), 1);
  }
}

// A hundred times the logarithm of the evidence that a cohort votes unlike the rest, rounded half away from 0.
function evidence(votes) {
  const lnChance = ({ n, y }, share) => y * Math.log(share) + (n - y) * Math.log(1 - share);
  const share = ({ n, y }) => (y + 1) / (n + 2);
  const plus = (a, b) => ({ n: a.n + b.n, y: a.y + b.y });
  let before = [{ n: 0, y: 0 }, { n: 0, y: 0 }];
  let ln = 0;
  for (let at = 0; at < votes.length; at += BLOCK) {
    const block = [{ n: 0, y: 0 }, { n: 0, y: 0 }];
    for (const [inCohort, isFirst] of votes.slice(at, at + BLOCK)) {
      const cohort = block[inCohort ? 0 : 1];
      cohort.n++;
      if (isFirst) cohort.y++;
    }
    const [a, b] = block;
    if (a.n && b.n) {
      const [ofA, ofB] = before.map(share);
      const both = plus(a, b);
      ln += lnChance(a, ofA) + lnChance(b, ofB) - lnChance(both, (a.n * ofA + b.n * ofB) / both.n);
    }
    before = [plus(before[0], a), plus(before[1], b)];
  }
  return Math.sign(ln) * Math.round(Math.abs(100 * ln));
}
