// A line between browsers and a real server that can be held, cut and mended; it never reads what passes.

import { connect, createServer } from 'node:net';

/** A line that leads nowhere yet: its `origin`, `lead(address)`, and what can happen to it. */
export async function startLine() {
  const pairs = new Set();
  let target;
  let cut = false;
  let held = () => {};
  const server = createServer((near) => {
    if (cut) return near.destroy();
    const far = connect(target);
    const pair = { near, far };
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.setNoDelay(true);
      from.on('data', (bytes) => to.write(bytes)).on('error', end).on('close', end);
    }
    held(pair);
    return pair;
  });
  const hold = (side) => {
    held = (pair) => pair[side].pause();
    pairs.forEach(held);
  };
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    lead(address) {
      const { hostname, port } = new URL(`http://${address}`);
      target = { host: hostname, port: Number(port) };
    },
    /** What the server says does not arrive any more. */
    holdAnswers: () => hold('far'),
    /** What browsers say does not arrive any more. */
    holdRequests: () => hold('near'),
    /** Ends all that passes, with what was held, and lets nothing through. */
    cut() {
      cut = true;
      held = () => {};
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
    },
    mend() {
      cut = false;
    },
    stop() {
      this.cut();
      server.close();
    },
  };
}
