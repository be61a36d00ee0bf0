// The law of a verdict, line by line, from a statement's numbers. All numbers are BigInt, so that nothing is rounded
// but the evidence of cohorts, which is compared as a float.

const PARTS = 10_000n;
// The fewest deciding ballots of a side, where a rule asks for no more.
const SIDE_MIN = 5n;
// The evidence of both pairs of cohorts together from which they are raised.
const RAISED = 40;

const sum = (counts) => counts.reduce((all, count) => all + count, 0n);
const distance = (a, b) => (a > b ? a - b : b - a);

/** The outcome as its line in a statement says it, or undefined where the statement lacks numbers. */
export function judge(statement) {
  const { rule, options, ballots, lost } = statement;
  if (statement.sealedBy === 'void') return 'void - moderator';
  // While a tally is missing, a moderator may end the wait for it.
  if (lost?.found && statement.outcome === 'void - moderator') return statement.outcome;
  // Line 1. A tally without a loss has no ballots before it.
  if (lost && (lost.found || ballots * PARTS < lost.ballots * lost.share)) return 'void - tally_lost';
  if (!statement.counts) return undefined;
  // Line 2.
  if (ballots < rule.quorum) return 'no_quorum -';
  // Line 3.
  if (rule.panel && statement.beacon && !statement.beacon.signature) return 'no_quorum - no_beacon';
  // Line 4.
  const strata = rule.panel ? strataOf(statement) : undefined;
  if (strata && Object.values(strata).some(({ seats, counted }) => 3n * counted < 2n * seats)) {
    return 'no_quorum - panel_short';
  }
  const deciding = (counts) => sum(counts.filter((_, place) => !options[place].abstains));
  const counts = strata ? together(Object.values(strata).map((stratum) => stratum.counts)) : statement.counts;
  // Line 5.
  const winner = leader(counts, options, rule.threshold);
  if (winner === undefined) return 'hung -';
  const why = objection({ rule, options, counts, deciding, winner, ...sidesOf(statement, strata, deciding) })
    ?? lateCohort(statement, deciding, winner);
  return why ? `hung - ${why}` : `decided ${options[winner].id}`;
}

/** The text of an outcome that may be missing. */
export const outcomeText = (outcome) => outcome ?? 'no outcome';

function strataOf({ rule, panel, options }) {
  const of = (stratum, place) => {
    const stated = panel.find((sums) => sums.stratum === stratum);
    const counts = stated?.counts ?? options.map(() => 0n);
    return { seats: rule.panel.seats[place], counted: stated?.counted ?? 0n, counts };
  };
  return { buyer: of('buyer', 0), merchant: of('merchant', 1), other: of('other', 2) };
}

const together = (lists) => lists[0].map((_, place) => sum(lists.map((counts) => counts[place])));

// The only option that leads, if it passes the threshold.
function leader(counts, options, threshold) {
  const places = options.map((_, place) => place).filter((place) => !options[place].abstains);
  const all = sum(places.map((place) => counts[place]));
  const most = places.reduce((most, place) => (counts[place] > most ? counts[place] : most), 0n);
  const leaders = places.filter((place) => counts[place] === most);
  return leaders.length === 1 && most * PARTS > all * threshold ? leaders[0] : undefined;
}

function sidesOf({ sides, side, options }, strata, deciding) {
  if (strata) {
    const of = [strata.buyer.counts, strata.merchant.counts];
    return { b: deciding(of[0]), m: deciding(of[1]), of };
  }
  const none = options.map(() => 0n);
  return { b: sides?.[0] ?? 0n, m: sides?.[1] ?? 0n, of: side ?? [none, none] };
}

// Lines 6 to 10.
function objection({ rule, options, counts, deciding, winner, b, m, of }) {
  const all = deciding(counts), known = b + m;
  const [buyers, merchants] = of;
  if ((rule.sides || rule.balanced) && 2n * known < all) return 'sides_unknown';
  const least = rule.sides ? (rule.panel ? SIDE_MIN : rule.sides.min) : 0n;
  const fewest = b < m ? b : m;
  if (fewest < least || (rule.balanced && fewest < SIDE_MIN)) return 'sides_short';
  if (rule.sides) {
    const passes = (counts, side) => counts[winner] * PARTS > side * rule.sides.threshold;
    if (!passes(buyers, b) || !passes(merchants, m)) return 'sides_disagree';
  }
  if (rule.balanced) {
    const weight = (option) => buyers[option] * m + merchants[option] * b;
    const rivals = options.map((_, place) => place).filter((place) => place !== winner && !options[place].abstains);
    const leads = rivals.every((rival) => weight(rival) < weight(winner));
    if (!leads || !(weight(winner) * PARTS > 2n * rule.threshold * b * m)) return 'not_balanced';
  }
  if (rule.band > 0n) {
    const lead = counts[winner] * PARTS - all * rule.threshold;
    const explained = 2n * known < all
      ? lead * 2n <= rule.band * all
      : lead * 2n * known <= rule.band * distance(known, 2n * m) * all;
    if (explained) return 'thin_margin';
  }
  return undefined;
}

// Line 11. It needs those present before the opening to be stated.
function lateCohort(statement, deciding, winner) {
  const { present, options, rule } = statement;
  if (rule.raid !== 'hang' || !present || !isRaised(statement, deciding)) return undefined;
  return leader(present.counts, options, rule.threshold) === winner ? undefined : 'late_cohort';
}

function isRaised({ present, older, counts, options }, deciding) {
  const first = options.findIndex((option) => !option.abstains);
  const pair = (cohort) => {
    const own = cohort?.counts ?? options.map(() => 0n);
    const [y, n] = [own[first], deciding(own)];
    return { e: cohort?.e ?? 0n, y, n, restY: counts[first] - y, restN: deciding(counts) - n };
  };
  const pairs = [pair(present), pair(older)];
  const evidence = pairs.reduce((all, { e }) => all + Math.exp(Number(e) / 100), 0);
  const { y, n, restY, restN } = pairs[1].e > pairs[0].e ? pairs[1] : pairs[0];
  return evidence >= RAISED && distance(y * restN, restY * n) * 10n >= n * restN;
}
