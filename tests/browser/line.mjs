// A TCP proxy between browsers and a real server that can pause, cut and restore connections. It never reads the data.

import { connect, createServer } from 'node:net';

/** A proxy without a target yet. Returns its `origin`, `lead(address)` to set the target, and its faults. */
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
    /** Holds back everything from the server. */
    holdAnswers: () => hold('far'),
    /** Holds back everything from browsers. */
    holdRequests: () => hold('near'),
    /** Closes all connections, drops what was held, and refuses new ones until `mend`. */
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
