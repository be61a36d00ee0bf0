// The platform's client of Live Jury: it signs tokens, sends facts, and asks for the order of shops. It knows no page.

import { createHmac } from 'node:crypto';

/** The life of a token, in seconds. */
const TOKEN_S = 15 * 60;
/** Limits of a request of facts: the server refuses more lines, and more bytes. */
const LINES_MAX = 1_000;
const BYTES_MAX = 1024 * 1024;
/** The pause before facts are sent, so that a request has many of them, and the one after a failure. */
const SEND_AFTER_MS = 200;
const AGAIN_AFTER_MS = 2_000;
/** The time after which a request has failed. A page does not wait longer for its order. */
const FACTS_TIMEOUT_MS = 15_000;
const RANK_TIMEOUT_MS = 1_000;

/** A client for the server at `origin` that shares `secret` with it. */
export class Jury {
  #origin;
  #secret;
  #waiting = [];
  #timer;
  #sending = false;

  constructor({ origin, secret }) {
    this.#origin = origin;
    this.#secret = secret;
  }

  /** A JSON web token, signed by HS256. */
  token(claims) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + TOKEN_S;
    const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp, ...claims })}`;
    return `${body}.${createHmac('sha256', this.#secret).update(body).digest('base64url')}`;
  }

  /**
   * Sends a fact soon. Its `id` makes it count once, however often it is sent: take one from your own records, as the
   * order and the step here, and never a random one.
   */
  tell(id, type, merchant, fields) {
    this.#waiting.push(JSON.stringify({ id, type, at_ms: Date.now(), merchant, ...fields }));
    this.#sendAfter(SEND_AFTER_MS);
  }

  /** The number of facts that the server does not have yet. */
  get waiting() {
    return this.#waiting.length;
  }

  /** Orders candidates by relevance and trust. Without an answer the page keeps the order of relevance. */
  async rank(candidates, slots, seed) {
    const body = JSON.stringify({ candidates, slots, seed });
    try {
      const answer = await this.#post('/trust/rank', 'application/json', body, RANK_TIMEOUT_MS);
      if (answer.ok) return (await answer.json()).items.map(({ merchant }) => merchant);
      console.error(`the order was refused: ${answer.status} ${await answer.text()}`);
    } catch (error) {
      console.error(`no order: ${error.message}`);
    }
    return [...candidates].sort((a, b) => b.relevance - a.relevance).slice(0, slots).map(({ merchant }) => merchant);
  }

  #sendAfter(ms) {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, ms);
  }

  /** Sends what waits, one request at a time. After a failure the same lines are sent again. */
  async #send() {
    if (this.#sending || this.#waiting.length === 0) return;
    this.#sending = true;
    const lines = this.#first();
    const sent = await this.#facts(lines);
    if (sent) this.#waiting.splice(0, lines.length);
    this.#sending = false;
    if (this.#waiting.length > 0) this.#sendAfter(sent ? 0 : AGAIN_AFTER_MS);
  }

  /** The first lines, up to the limits of a request. */
  #first() {
    let bytes = 0;
    const first = this.#waiting.slice(0, LINES_MAX);
    const end = first.findIndex((line) => (bytes += Buffer.byteLength(line) + 1) > BYTES_MAX);
    return end < 0 ? first : first.slice(0, end);
  }

  /** Whether the server has the lines. A line that it refuses would be refused again: it is reported and dropped. */
  async #facts(lines) {
    try {
      const body = `${lines.join('\n')}\n`;
      const answer = await this.#post('/trust/facts', 'application/x-ndjson', body, FACTS_TIMEOUT_MS);
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      for (const { line, code, field } of (await answer.json()).refused) {
        console.error(`a fact was refused, ${code} ${field ?? ''}: ${lines[line - 1]}`);
      }
      return true;
    } catch (error) {
      console.error(`facts wait: ${error.message}`);
      return false;
    }
  }

  #post(path, type, body, timeoutMs) {
    const token = this.token({ sub: 'platform', room: '*', role: 'platform' });
    return fetch(`${this.#origin}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
  }
}
