/* Proves by a short conversation that each baseline does the same job as Live Jury. It measures nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Redis from "ioredis";
import { WebSocket } from "ws";

const JURORS = 50, ROOM = "live-42", OPTIONS = "buyer,merchant,abstain";
/* Longest wait for a message, beyond which the check fails. */
const MESSAGE_WAIT_MS = 20_000;
const SECRET = "a secret for this check, and for nothing else";
const here = fileURLToPath(new URL(".", import.meta.url));
const target = join(process.env.CARGO_TARGET_DIR ?? join(here, "rust/target"), "release");
const BASELINES = {
  ws: { run: ["node", "ws.mjs"] },
  bun: { run: ["node_modules/bun/bin/bun.exe", "bun.mjs"] },
  socketio: { run: ["node", "socketio.mjs"], isSocketIo: true },
  socketioxide: { run: [join(target, "socketioxide")], isSocketIo: true },
  "axum-echo": { run: [join(target, "axum-echo")], storesNothing: true },
  nchan: { isFanOut: true },
  "live-jury": {
    run: [process.env.LIVE_JURY ?? join(here, "../../target/release/live-jury"), "serve"],
    isProduct: true,
  },
};

const base64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
function token(sub, role = "viewer", room = ROOM, secret = SECRET) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const text = `${base64({ alg: "HS256", typ: "JWT" })}.${base64({ sub, room, role, exp })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/* Starts a program, and waits until `isReady` accepts its output. */
function start(command, options, isReady) {
  const child = spawn(command[0], command.slice(1), { cwd: here, stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  const ready = new Promise((resolve, reject) => {
    const onText = (text) => { output += text; if (isReady(output)) resolve(child); };
    child.stdout.on("data", onText);
    child.stderr.on("data", onText);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${command[0]} ended with ${code}: ${output}`)));
  });
  return ready;
}

async function stop(child) {
  if (child.exitCode === null) { child.kill("SIGTERM"); await once(child, "exit"); }
}

/* A juror's socket. It translates messages to and from Socket.IO's wire format. */
class Juror {
  constructor(port, baseline) {
    this.baseline = baseline;
    this.messages = [];
    this.waiters = [];
    const path = baseline.isSocketIo ? "/socket.io/?EIO=4&transport=websocket" : `/api/v1/rooms/${ROOM}/socket`;
    const protocols = baseline.isSocketIo || baseline.isFanOut ? [] : ["jury.v1.json"];
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
    this.socket.on("message", (data, isBinary) => this.receive(data.toString(), isBinary));
    this.socket.on("close", (code) => this.take({ type: "closed", code }));
    this.socket.on("error", (error) => this.take({ type: "failed", error: error.message }));
    this.opened = new Promise((resolve) => { this.open = resolve; });
    if (!baseline.isSocketIo) this.socket.on("open", this.open);
  }
  receive(text, isBinary) {
    assert.equal(isBinary, false, "a text frame");
    if (!this.baseline.isSocketIo) return this.take(JSON.parse(text));
    if (text.startsWith("0")) this.socket.send("40");
    else if (text.startsWith("40")) this.open();
    else if (text === "2") this.socket.send("3");
    else if (text.startsWith("42")) {
      const [type, fields] = JSON.parse(text.slice(2));
      this.take({ type, ...fields });
    }
    else this.take({ type: "closed" });
  }
  take(message) {
    this.messages.push(message);
    for (const waiter of this.waiters) waiter(message);
  }
  send(type, fields) {
    const event = `42${JSON.stringify([type, fields])}`;
    this.socket.send(this.baseline.isSocketIo ? event : JSON.stringify({ type, ...fields }));
  }
  /* Removes and returns the first message for which `isIt` holds; it waits for one if there is none. */
  until(what, isIt) {
    const at = this.messages.findIndex(isIt);
    if (at >= 0) return Promise.resolve(this.messages.splice(at, 1)[0]);
    return new Promise((resolve, reject) => {
      const received = () => JSON.stringify(this.messages);
      const late = setTimeout(() => reject(new Error(`no ${what}; received ${received()}`)), MESSAGE_WAIT_MS);
      const waiter = (message) => {
        if (!isIt(message)) return;
        clearTimeout(late);
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        this.messages.splice(this.messages.indexOf(message), 1);
        resolve(message);
      };
      this.waiters.push(waiter);
    });
  }
}

const isTallyOfAll = ({ type, ballots }) => type === "tally" && ballots === JURORS;

async function converse(port, baseline, caseId, redis) {
  if (!baseline.storesNothing) {
    const stranger = new Juror(port, baseline);
    await stranger.opened;
    stranger.send("join", { token: token("eve", "viewer", ROOM, "another secret, of nobody here at all") });
    await stranger.until("close for a forged token", ({ type }) => type === "closed");
    assert.ok(!stranger.messages.some(({ type }) => type === "welcome"), "no welcome for a forged token");
  }
  const jurors = await Promise.all(Array.from({ length: JURORS }, async (_, i) => {
    const juror = new Juror(port, baseline);
    await juror.opened;
    juror.send("join", { token: token(`juror-${i}`) });
    const welcome = await juror.until("welcome", ({ type }) => type === "welcome");
    const fields = ["ballots", "role", "room", "server_time_ms", "token_expires_at_ms", "type"];
    assert.deepEqual(Object.keys(welcome).sort(), fields);
    if (!baseline.storesNothing) assert.deepEqual([welcome.room, welcome.role, welcome.ballots], [ROOM, "viewer", []]);
    assert.ok(Array.isArray((await juror.until("docket", ({ type }) => type === "docket")).cases));
    return juror;
  }));
  const castAll = (request, status) => Promise.all(jurors.map(async (juror) => {
    juror.send("cast", { case: caseId, option: "buyer", request });
    const ballot = await juror.until("ballot", ({ type }) => type === "ballot" || type === "refused");
    assert.deepEqual(ballot, { type: "ballot", case: caseId, option: "buyer", status, epoch: 1, change: 0, request });
  }));
  await castAll("r1", "counted");
  await Promise.all(jurors.map((juror) => juror.until("tally of all", isTallyOfAll)));
  if (baseline.storesNothing) return jurors;
  await castAll("r2", "duplicate");
  assert.equal(await redis.hlen(`lj:{${caseId}}:ballots`), JURORS, "ballots in Redis");
  assert.equal(await redis.hget(`lj:{${caseId}}:case`, "counts"), `${JURORS},0,0`, "counts in Redis");
  return jurors;
}

/* nchan: all subscribers receive a posted tally. */
async function fanOut(port, baseline) {
  const jurors = Array.from({ length: JURORS }, () => new Juror(port, baseline));
  await Promise.all(jurors.map(({ opened }) => opened));
  const body = JSON.stringify({ type: "tally", ballots: JURORS });
  const answer = await fetch(`http://127.0.0.1:${port}/publish`, { method: "POST", body });
  assert.ok(answer.ok, `publish: ${answer.status}`);
  await Promise.all(jurors.map((juror) => juror.until("tally of all", isTallyOfAll)));
  return jurors;
}

async function startBaseline(baseline, port, redisUrl, folder, caseId) {
  if (baseline.isFanOut) {
    const text = readFileSync(join(here, "nchan.conf"), "utf8").replace("127.0.0.1:18080", `127.0.0.1:${port}`);
    writeFileSync(join(folder, "nchan.conf"), text.replace("stderr warn", "stderr notice"));
    const command = ["nginx", "-p", `${folder}/`, "-c", "nchan.conf"];
    return start(command, {}, (output) => output.includes("start worker process "));
  }
  if (baseline.isProduct) {
    const env = {
      ...process.env, LIVE_JURY_BIND: `127.0.0.1:${port}`, LIVE_JURY_ADMIN_BIND: "off",
      LIVE_JURY_REDIS: redisUrl, LIVE_JURY_TOKEN_SECRET: SECRET,
      LIVE_JURY_BALLOT_SECRET: `${SECRET} of the ballots`,
      LIVE_JURY_DATABASE: `sqlite://${join(folder, "docket.db")}`, NO_COLOR: "1",
    };
    return start(baseline.run, { env }, (output) => output.includes("listening"));
  }
  const env = { ...process.env, PORT: port, REDIS_URL: redisUrl, CASE: caseId, OPTIONS, TOKEN_SECRET: SECRET };
  return start(baseline.run, { env }, (output) => output.includes("listening\n"));
}

/* Opens Live Jury's case by its own API, with the same three options. */
async function openCase(port) {
  const options = OPTIONS.split(",").map((id) => ({ id, label: id, abstain: id === "abstain" }));
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/rooms/${ROOM}/cases`, {
    method: "POST",
    headers: { authorization: `Bearer ${token("mod", "moderator")}`, "content-type": "application/json" },
    body: JSON.stringify({ title: "A check", options, duration_s: 600, open: true }),
  });
  const made = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(made));
  return made.id;
}

async function check(name) {
  const baseline = BASELINES[name], folder = mkdtempSync(join(tmpdir(), "live-jury-baselines-"));
  const [redisPort, port] = [await freePort(), await freePort()];
  const running = [];
  const redisUrl = `redis://127.0.0.1:${redisPort}`;
  try {
    running.push(await start(
      ["redis-server", "--port", `${redisPort}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
        "--dir", folder],
      {}, (output) => output.includes("Ready to accept connections")));
    const redis = new Redis(redisUrl);
    let caseId = "01a203b5-27b4-7ec3-865e-b9e2a7a1b202";
    const child = await startBaseline(baseline, port, redisUrl, folder, caseId);
    running.push(child);
    if (baseline.isProduct) caseId = await openCase(port);
    const jurors = baseline.isFanOut ? await fanOut(port, baseline) : await converse(port, baseline, caseId, redis);
    for (const { socket } of jurors) socket.terminate();
    redis.disconnect();
    await stop(running.pop());
    console.log(`${name}: the same conversation`);
  } finally {
    for (const child of running.reverse()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(BASELINES)) await check(name);
