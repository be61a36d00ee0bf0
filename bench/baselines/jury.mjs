/* What the JavaScript peers share: tokens, pseudonyms, and batches of ballots by the product's own scripts. It knows no sockets. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import Redis from "ioredis";

const { PORT, REDIS_URL, TOKEN_SECRET, CASE, OPTIONS, ALLOW_CHANGE = "0" } = process.env;
const SCRIPTS = new URL("../../server/src/tally/", import.meta.url);
const script = (name) => ["case.lua", name].map((file) => readFileSync(new URL(file, SCRIPTS), "utf8")).join("\n");
/* As many as the product sends in one call. */
const BATCH_MAX = 1000;
const BECAME = ["closed", "counted", "changed", "duplicate", "already_voted"];

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

/* Who bears this token of HS256, if it is good. */
export function bearer(token) {
  const [head, body, mark] = String(token).split(".");
  if (!mark) return null;
  const right = createHmac("sha256", TOKEN_SECRET).update(`${head}.${body}`).digest();
  const given = Buffer.from(mark, "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  const claims = read(body);
  const isGood = read(head).alg === "HS256" && claims.sub && claims.role === "viewer" && claims.exp * 1000 > Date.now();
  return isGood ? claims : null;
}

export const welcome = ({ room, role, exp }) =>
  ({ room, role, server_time_ms: Date.now(), token_expires_at_ms: exp * 1000, ballots: [] });
export const docket = { rev: 1, cases: [] };

let standing = { rev: 0, ballots: 0 };
let waiting = [];
let isAway = false;

/* Records a ballot; `answer` hears what became of it, as [type, fields], once Redis has answered. */
export function cast(sub, { case: id, option, request, change = 0 }, answer) {
  const place = options.indexOf(option);
  if (id !== CASE || place < 0) {
    return answer("refused", { case: id, option, reason: id === CASE ? "unknown_option" : "unknown_case", request });
  }
  const packed = Buffer.alloc(22);
  createHmac("sha256", ballotKey).update(caseBytes).update(sub).digest().copy(packed, 0, 0, 16);
  packed[16] = place;
  packed.writeUInt32BE(change, 18);
  waiting.push({ packed, option, request, change, answer });
  if (!isAway) record();
}

/* One call at a time; what came meanwhile is the next batch. A failure ends the process: a peer is measured, not run. */
async function record() {
  isAway = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, BATCH_MAX);
    const packed = Buffer.concat(batch.map((cast) => cast.packed));
    const reply = await redis.recordBallotsBuffer(...keys, 1, standing.rev, packed);
    const ballots = reply[3].toString().split(",").reduce((sum, count) => sum + Number(count), 0);
    standing = { rev: Number(reply[2]), ballots };
    batch.forEach(({ option, request, change, answer }, i) => {
      const became = BECAME[reply[8][i * 6]];
      if (["counted", "changed", "duplicate"].includes(became)) {
        answer("ballot", { case: CASE, option, status: became, epoch: 1, change, request });
      } else answer("refused", { case: CASE, option, reason: became, request });
    });
  }
  isAway = false;
}

/* Tells the tally, when it has changed, at most every 200 ms. */
export function tellTallies(tell) {
  let told = 0;
  setInterval(() => {
    if (standing.rev === told) return;
    told = standing.rev;
    tell({ case: CASE, epoch: 1, ...standing });
  }, 200);
}

export const frame = (type, fields) => JSON.stringify({ type, ...fields });
process.on("SIGTERM", () => process.exit(0));
