/* Tokens, pseudonyms and batches of ballots for the JavaScript baselines, by the product's own scripts. It knows no
   sockets. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import Redis from "ioredis";

const { PORT, REDIS_URL, TOKEN_SECRET, CASE, OPTIONS, ALLOW_CHANGE = "0" } = process.env;
const SCRIPTS = new URL("../../server/src/tally/", import.meta.url);
const script = (name) => ["case.lua", name].map((file) => readFileSync(new URL(file, SCRIPTS), "utf8")).join("\n");
/* Ballots of one call, at most: the product's own limit. Further ones wait for the next call. */
const BATCH_MAX = 1000;
const STATUSES = ["closed", "counted", "changed", "duplicate", "already_voted"];

export const port = Number(PORT);
export const redisUrl = REDIS_URL;
const redis = new Redis(REDIS_URL);
redis.defineCommand("restoreCase", { numberOfKeys: 2, lua: script("restore.lua") });
redis.defineCommand("recordBallots", { numberOfKeys: 2, lua: script("record.lua") });
const keys = [`lj:{${CASE}}:case`, `lj:{${CASE}}:ballots`];
const options = OPTIONS.split(",");
const caseBytes = Buffer.from(CASE.replaceAll("-", ""), "hex");
const ballotKey = createHmac("sha256", TOKEN_SECRET).update("live-jury ballot secret v1").digest();
await redis.restoreCase(...keys, 1, Date.now() + 86_400_000, options.length, ALLOW_CHANGE, 1);

/* Verifies an HS256 token, and returns its claims; null if it is not valid. */
export function bearer(token) {
  const [head, body, signature] = String(token).split(".");
  if (!signature) return null;
  const expected = createHmac("sha256", TOKEN_SECRET).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  const claims = read(body);
  const isValid = read(head).alg === "HS256" && claims.sub && claims.role === "viewer"
    && claims.exp * 1000 > Date.now();
  return isValid ? claims : null;
}

export const welcome = ({ room, role, exp }) =>
  ({ room, role, server_time_ms: Date.now(), token_expires_at_ms: exp * 1000, ballots: [] });
export const docket = { rev: 1, cases: [] };

let tally = { rev: 0, ballots: 0 };
let pending = [];
let isInFlight = false;

/* Records a ballot. `answer` is called with a message's type and fields once Redis has answered. */
export function cast(sub, { case: id, option, request, change = 0 }, answer) {
  const index = options.indexOf(option);
  if (id !== CASE || index < 0) {
    return answer("refused", { case: id, option, reason: id === CASE ? "unknown_option" : "unknown_case", request });
  }
  const packed = Buffer.alloc(22);
  createHmac("sha256", ballotKey).update(caseBytes).update(sub).digest().copy(packed, 0, 0, 16);
  packed[16] = index;
  packed.writeUInt32BE(change, 18);
  pending.push({ packed, option, request, change, answer });
  if (!isInFlight) record();
}

/* Records batches, one call at a time: ballots that arrive meanwhile are the next batch. A failure ends the process and
   the run. */
async function record() {
  isInFlight = true;
  while (pending.length > 0) {
    const batch = pending.splice(0, BATCH_MAX);
    const packed = Buffer.concat(batch.map((cast) => cast.packed));
    const reply = await redis.recordBallotsBuffer(...keys, 1, tally.rev, packed);
    const ballots = reply[3].toString().split(",").reduce((sum, count) => sum + Number(count), 0);
    tally = { rev: Number(reply[2]), ballots };
    batch.forEach(({ option, request, change, answer }, i) => {
      const status = STATUSES[reply[8][i * 6]];
      if (["counted", "changed", "duplicate"].includes(status)) {
        answer("ballot", { case: CASE, option, status, epoch: 1, change, request });
      } else answer("refused", { case: CASE, option, reason: status, request });
    });
  }
  isInFlight = false;
}

/* Sends the tally when it has changed, at most every 200 ms. */
export function sendTallies(send) {
  let sent = 0;
  setInterval(() => {
    if (tally.rev === sent) return;
    sent = tally.rev;
    send({ case: CASE, epoch: 1, ...tally });
  }, 200);
}

export const frame = (type, fields) => JSON.stringify({ type, ...fields });
process.on("SIGTERM", () => process.exit(0));
