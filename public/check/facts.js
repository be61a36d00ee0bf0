// Fetches what a check needs, and writes it as the lines that the program reads; it judges nothing.

// The log signs a new entry within a second or two; beyond these attempts the viewer is asked to come back.
const ATTEMPTS_MAX = 8;
// A check that nobody asked for leaves it at a second one, as all devices of a room make it.
const SELF_ATTEMPTS_MAX = 2;
const AGAIN_MS = 1_000;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The answer of a route for viewers. An error has the problem's `code`. */
export async function ask(asked, path) {
  const most = asked.kind === 'self' ? SELF_ATTEMPTS_MAX : ATTEMPTS_MAX;
  let token = asked.token ?? (await asked.getToken());
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`${asked.server}/api/v1/cases/${asked.case}${path}`, {
      headers: { Authorization: `Bearer ${token}` },
      cache: 'no-store',
    });
    if (answer.ok) return answer;
    const { code } = await answer.json().catch(() => ({}));
    const isLate = answer.status === 429 || code === 'not_logged';
    if (attempt >= most || !(isLate || answer.status === 401)) {
      throw Object.assign(new Error(`${path} answered ${answer.status} ${code}`), { code });
    }
    if (answer.status === 401) token = await asked.getToken();
    else await wait(AGAIN_MS * (Number(answer.headers.get('retry-after')) || 1));
  }
}

/** sessionStorage, or nothing where the browser blocks it. */
function stored(key, value) {
  try {
    if (value !== undefined) sessionStorage.setItem(key, value);
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** The keys to believe, and whether the page pinned them. Without a pinned one, the first of this tab is kept. */
async function keysOf(asked, origin) {
  if (asked.key?.trim()) return { keys: asked.key, pinned: true };
  const name = `live-jury:log-key:${asked.server}`;
  const known = stored(name);
  if (known) return { keys: known, pinned: false };
  const answer = await fetch(`${asked.server}/log/keys`, { cache: 'no-store' });
  const keys = answer.ok ? (await answer.text()).split('\n').filter((key) => key.startsWith(`${origin}+`)) : [];
  if (keys.length > 0) stored(name, keys.join(' '));
  return { keys: keys.join(' '), pinned: false };
}

/** The newest receipt of the vote that counts; of a vote that is not in the record, the newest of the case. */
function receiptOf(asked, ballot) {
  let receipts = [];
  try {
    receipts = JSON.parse(stored(`live-jury:receipts:${asked.room}`) ?? '[]');
  } catch {
    // Another program's entry is no receipt.
  }
  const fits = (one) => one.case === asked.case && (!ballot || one.change === asked.change);
  return Array.isArray(receipts) ? receipts.filter(fits).at(-1)?.receipt : undefined;
}

/** The words of a statement's line. */
export const lineOf = (statement, name) =>
  statement.split('\n').find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);

/** The outcome as a statement says it. One that this version of the widget does not know is not compared. */
function outcomeOf({ outcome, option, why, reason }, stated) {
  if (outcome === 'unknown' || why === 'unknown') return stated;
  if (outcome === 'decided') return `decided ${option}`;
  const words = outcome === 'void' ? (reason === 'tally_lost' ? reason : 'moderator') : why;
  return `${outcome} -${words ? ` ${words}` : ''}`;
}

/**
 * The stratum from which the viewer could be drawn, as far as this page knows: it was loaded in time. A socket that was
 * lost since then makes a viewer late, so nothing follows from it alone.
 */
async function poolOf(asked, statement) {
  try {
    const { panel, min_account_age_days: age } = (await (await ask(asked, '/brief')).json()).rules;
    const token = asked.token ?? (await asked.getToken());
    const { side, anon } = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    const isLate = performance.timeOrigin > lineOf(statement, 'opened') - panel.present_s * 1_000;
    return panel.min_level || age || anon || isLate ? null : (side ?? 'other');
  } catch {
    // Bytes that cannot be read accuse nobody.
    return null;
  }
}

/** Lines of a name and words. A value of the server must not begin a line of its own. */
const lines = (facts) => Object.entries(facts)
  .filter(([, value]) => value !== undefined && value !== null)
  .map(([name, value]) => `${name} ${String(value).trim().replace(/\s+/g, ' ')}\n`)
  .join('');

/** All that the program checks, and what the view shows of it. */
export async function gather(asked) {
  const [{ statement, proof, ballot }, brief] = await Promise.all([
    ask(asked, '/proof').then((answer) => answer.json()),
    asked.kind === 'how' ? ask(asked, '/brief').then((answer) => answer.text()) : '',
  ]);
  const [origin] = proof.split('\n\n')[1]?.split('\n') ?? [''];
  const { keys, pinned } = await keysOf(asked, origin);
  const { verdict } = asked;
  const receipt = receiptOf(asked, ballot);
  const counts = verdict.counts && Object.entries(verdict.counts).map(([option, count]) => `${option}=${count}`);
  const own = ballot && {
    seal: ballot.seal,
    index: ballot.index,
    path: ballot.path.join(' '),
    tracker: ballot.tracker,
    chunk: ballot.rows?.chunk,
    place: ballot.rows?.place,
    bytes: ballot.rows?.bytes,
    rows: ballot.rows?.path.join(' '),
  };
  const asksForPool = asked.kind === 'mine' && own && lineOf(statement, 'draw');
  const request = lines({
    key: keys,
    case: asked.case,
    room: asked.room,
    outcome: outcomeOf(verdict, lineOf(statement, 'outcome')),
    ballots: verdict.ballots,
    counts: counts?.join(' '),
    // The viewer's own question alone is about the viewer's vote.
    ...(asked.kind === 'how' ? {} : { option: asked.option, receipt, ...own }),
    pool: asksForPool ? await poolOf(asked, statement) : null,
  });
  const index = proof.match(/^index (\d+)$/m)?.[1];
  return { statement, proof, brief, request, pinned, receipt, origin, index };
}
