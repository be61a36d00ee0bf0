// A statement read from its text. One that does not follow the grammar line by line is not readable.

import { Unreadable } from './bytes.mjs';

const GROUP_MIN = 5n, COHORT_MIN = 30n;
const U64_MAX = 2n ** 64n - 1n;
const STRATA = ['buyer', 'merchant', 'other'];

const unreadable = (holds, text = 'a line of the statement is malformed, missing or not in its place') => {
  if (!holds) throw new Unreadable(text);
};

function number(text) {
  unreadable(/^(0|[1-9][0-9]{0,19})$/.test(text ?? ''));
  const value = BigInt(text);
  unreadable(value <= U64_MAX);
  return value;
}

function hex(text, bytes) {
  unreadable(new RegExp(`^[0-9a-f]{${2 * bytes}}$`).test(text ?? ''));
  return text;
}

function uuid(text) {
  unreadable(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text ?? ''));
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

const total = (counts) => counts.reduce((sum, count) => sum + count, 0n);

/** Reads a statement. Numbers are BigInt. */
export function parseStatement(text) {
  const isAscii = text.length <= 4_096 && /^[\n -~]*$/.test(text) && text.endsWith('\n');
  unreadable(isAscii, 'the statement is no text of ASCII');
  const lines = text.slice(0, -1).split('\n').map((line) => line.split(' '));
  const has = (name) => lines[0]?.[0] === name;
  const words = (name, count) => {
    unreadable(has(name) && (count === undefined || lines[0].length === count + 1));
    return lines.shift().slice(1);
  };
  const s = { panel: [], called: [], reasons: [] };
  words('live-jury/verdict/v1', 0);
  s.caseBytes = uuid(words('case', 1)[0]);
  unreadable(/^[A-Za-z0-9_-]{1,64}$/.test(words('room', 1)[0]));
  s.brief = hex(words('brief', 1)[0], 32);
  if (has('recused')) {
    const [count, hash] = words('recused', 2);
    unreadable(number(count) > 0n && hex(hash, 32));
  }
  number(words('opened', 1)[0]);
  const [sealed, by] = words('sealed', 2);
  number(sealed);
  unreadable(['deadline', 'moderator', 'settled', 'void'].includes(by));
  s.sealedBy = by;
  number(words('extended', 1)[0]);
  s.epoch = number(words('epoch', 1)[0]);
  unreadable(s.epoch > 0n);
  if (has('lost')) {
    const [ballots, share, found, ...more] = words('lost');
    unreadable(more.length === 0 && [undefined, 'late', 'gone'].includes(found));
    s.lost = { ballots: number(ballots), share: number(share), found };
    unreadable(s.lost.share <= 10_000n);
  }
  const [auditLines, auditHash] = words('audit', 2);
  s.audit = { lines: number(auditLines), hash: hex(auditHash, 32) };
  hex(words('key', 1)[0], 8);
  const options = words('options');
  unreadable(options.length >= 2 && options.length <= 5 && options.every((id) => /^[A-Za-z0-9_-]{1,32}~?$/.test(id)));
  s.optionLine = options.join(' ');
  s.options = options.map((id) => ({ id: id.replace('~', ''), abstains: id.endsWith('~') }));
  unreadable(new Set(s.options.map(({ id }) => id)).size === options.length);
  unreadable(s.options.filter(({ abstains }) => !abstains).length >= 2);
  s.ruleLine = words('rule').join(' ');
  s.rule = parseRule(s.ruleLine);
  readDraw(s, has, words);
  readOutcome(s, words('outcome'));
  s.ballots = number(words('ballots', 1)[0]);
  const isVoid = s.outcome.startsWith('void');
  // A moderator may also void a case that was sealed in another way and whose tally is missing.
  const mayBeVoid = s.sealedBy === 'void' || Boolean(s.lost?.found);
  unreadable(s.outcome === 'void - moderator' ? mayBeVoid : s.sealedBy !== 'void');
  unreadable(has('counts') === !isVoid);
  if (!isVoid) readSums(s, has, words);
  const tree = (name) => {
    const [size, root] = words(name, 2);
    const bytes = Buffer.from(root, 'base64');
    unreadable(bytes.length === 32 && bytes.toString('base64') === root);
    return { size: number(size), root: bytes };
  };
  s.seals = tree('seals');
  unreadable(s.seals.size === s.ballots);
  unreadable(has('rows') === !isVoid);
  if (!isVoid) {
    s.rows = tree('rows');
    unreadable(s.rows.size === (s.ballots + 255n) / 256n);
  }
  if (has('appeal-of')) {
    const [earlier, index] = words('appeal-of', 2);
    unreadable(uuid(earlier) && number(index) >= 0n);
  }
  unreadable(lines.length === 0);
  return s;
}

function parseRule(line) {
  const sided = '( balanced=1)?(?: sides=(\\d+):(\\d+))?';
  const drawn = '(?: panel=(\\d+),(\\d+),(\\d+):(\\d))?(?: raid=(show|hang))?';
  const shape = new RegExp(`^quorum=(\\d+) threshold=(\\d+)(?: band=(\\d+))?${sided}${drawn}$`);
  const found = shape.exec(line);
  unreadable(found);
  const [, quorum, threshold, band, balanced, min, sideThreshold, ...rest] = found;
  const [buyer, merchant, other, call, raid] = rest;
  const rule = { quorum: number(quorum), threshold: number(threshold), band: 0n, balanced: Boolean(balanced), raid };
  unreadable(rule.quorum > 0n && rule.threshold < 10_000n);
  if (band !== undefined) {
    rule.band = number(band);
    unreadable(rule.band > 0n && rule.band <= 10_000n);
  }
  if (min !== undefined) {
    rule.sides = { min: number(min), threshold: number(sideThreshold) };
    unreadable(rule.sides.min >= 5n && rule.sides.min <= 1_000_000n && rule.sides.threshold < 10_000n);
  }
  if (buyer !== undefined) {
    rule.panel = { seats: [buyer, merchant, other].map(number), call: number(call) };
    const { seats } = rule.panel;
    unreadable(seats.every((seat) => seat === 0n || (seat >= 7n && seat <= 101n)) && seats.some((seat) => seat > 0n));
    unreadable(rule.panel.call >= 1n && rule.panel.call <= 4n && raid !== 'hang');
  }
  return rule;
}

function readDraw(s, has, words) {
  unreadable(has('draw') === Boolean(s.rule.panel));
  if (!s.rule.panel) return;
  const [commitment, nonce] = words('draw', 2).map((text) => Buffer.from(hex(text, 32), 'hex'));
  s.draw = { commitment, nonce };
  if (has('beacon')) {
    const [chain, round, signature] = words('beacon', 3);
    const isSignature = signature === '-' || /^([0-9a-f]{2}){1,192}$/.test(signature);
    unreadable(hex(chain, 32) && number(round) >= 0n && isSignature);
    s.beacon = { signature: signature === '-' ? undefined : Buffer.from(signature, 'hex') };
  }
  while (has('called')) {
    const [stratum, seats, called, last] = words('called', 4);
    s.called.push({ stratum, seats: number(seats), called: number(called), last: BigInt(`0x${hex(last, 8)}`) });
  }
  if (s.called.length === 0) return;
  const withSeats = STRATA.filter((_, place) => s.rule.panel.seats[place] > 0n);
  unreadable(s.called.map(({ stratum }) => stratum).join() === withSeats.join());
  for (const { stratum, seats, called, last } of s.called) {
    unreadable(seats === s.rule.panel.seats[STRATA.indexOf(stratum)] && called <= seats * s.rule.panel.call);
    unreadable(called > 0n || last === 0n);
  }
}

function readOutcome(s, words) {
  s.outcome = words.join(' ');
  const hung = ['sides_unknown', 'sides_short', 'sides_disagree', 'not_balanced', 'thin_margin', 'late_cohort'];
  const others = ['hung -', ...hung.map((why) => `hung - ${why}`), 'no_quorum -', 'no_quorum - no_beacon'];
  others.push('no_quorum - panel_short', 'void - moderator', 'void - tally_lost');
  const won = s.options.filter(({ abstains }) => !abstains).map(({ id }) => `decided ${id}`);
  unreadable(others.includes(s.outcome) || won.includes(s.outcome));
}

function readSums(s, has, words) {
  const counts = (texts) => {
    unreadable(texts.length === s.options.length);
    return texts.map(number);
  };
  const deciding = (list) => total(list.filter((_, place) => !s.options[place].abstains));
  const part = (texts) => {
    const own = counts(texts);
    unreadable(own.every((count, place) => count <= s.counts[place]), 'a group has more ballots than there are');
    return own;
  };
  const within = (lists) => {
    const sums = s.options.map((_, place) => total(lists.map((list) => list[place])));
    unreadable(sums.every((count, place) => count <= s.counts[place]), 'groups have more ballots than there are');
    return sums;
  };
  s.counts = counts(words('counts'));
  unreadable(total(s.counts) === s.ballots, 'the counts are not as many as the ballots');
  while (has('panel')) {
    const [stratum, counted, ...rest] = words('panel');
    s.panel.push({ stratum, counted: number(counted), counts: rest.length ? part(rest) : undefined });
  }
  unreadable(s.panel.map(({ stratum }) => stratum).join() === s.called.map(({ stratum }) => stratum).join());
  for (const [place, { counted, counts: own }] of s.panel.entries()) {
    const { seats, called } = s.called[place];
    unreadable(counted <= seats && counted <= called && Boolean(own) === counted >= GROUP_MIN);
    unreadable(!own || total(own) === counted);
  }
  within(s.panel.flatMap(({ counts: own }) => (own ? [own] : [])));
  const bySide = !s.rule.panel && Boolean(s.rule.sides || s.rule.balanced);
  unreadable(has('sides') === (bySide || (!s.rule.panel && s.rule.band > 0n)));
  if (has('sides')) {
    s.sides = words('sides', 2).map(number);
    unreadable(total(s.sides) <= deciding(s.counts));
  }
  unreadable(has('side') === (bySide && s.sides.every((side) => side >= GROUP_MIN)));
  if (has('side')) {
    s.side = STRATA.slice(0, 2).map((name) => {
      const [own, ...texts] = words('side');
      unreadable(own === name);
      return part(texts);
    });
    unreadable(s.side.every((own, place) => deciding(own) === s.sides[place]));
    within(s.side);
  }
  for (const name of ['present', 'older']) {
    if (!has(name)) continue;
    const texts = words(name);
    const [mark, e] = texts.splice(-2);
    unreadable(mark === 'e' && /^(0|-?[1-9][0-9]{0,18})$/.test(e));
    s[name] = { counts: part(texts), e: BigInt(e) };
    const own = deciding(s[name].counts);
    unreadable(s.rule.raid && own >= COHORT_MIN && deciding(s.counts) - own >= COHORT_MIN);
  }
  if (has('informed')) {
    s.informed = part(words('informed'));
    unreadable(total(s.informed) >= GROUP_MIN && s.ballots - total(s.informed) >= GROUP_MIN);
  }
  while (has('reason')) {
    const [reason, ...texts] = words('reason');
    const earlier = s.reasons.at(-1)?.reason ?? 0;
    unreadable(/^[1-6]$/.test(reason) && Number(reason) > earlier);
    s.reasons.push({ reason: Number(reason), counts: part(texts) });
    unreadable(total(s.reasons.at(-1).counts) >= GROUP_MIN);
  }
  const rest = s.ballots - total(within(s.reasons.map(({ counts: own }) => own)));
  unreadable(s.reasons.length === 0 || rest === 0n || rest >= GROUP_MIN);
}
