// Jurors who connect to the public socket, cast one ballot, and leave: a steady crowd, or a number of them at once.

import { token } from '../../tests/browser/harness.mjs';

// Twice the rate at which a widget draws, so that each drawing has a new count.
const BALLOTS_PER_S = 8;
/** Jurors of `castAll` at a time. */
const AT_ONCE = 20;
const OPTIONS = ['buyer', 'merchant', 'buyer', 'abstain', 'buyer', 'merchant'];

function vote(origin, room, id, number) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/rooms/${room}/socket`, 'jury.v1.json');
    const send = (frame) => socket.send(JSON.stringify(frame));
    socket.onopen = () => send({ type: 'join', token: token({ sub: `juror-${number}`, room, role: 'viewer' }) });
    socket.onclose = ({ code }) => reject(new Error(`a juror's socket closed with ${code}`));
    socket.onmessage = ({ data }) => {
      const { type, reason } = JSON.parse(data);
      if (type === 'docket') send({ type: 'cast', case: id, option: OPTIONS[number % OPTIONS.length] });
      if (type === 'refused') reject(new Error(`a juror was refused: ${reason}`));
      if (type !== 'ballot') return;
      socket.onclose = null;
      socket.close();
      resolve();
    };
  });
}

/** Lets this many jurors vote in a case. */
export async function castAll(origin, room, id, jurors) {
  for (let from = 0; from < jurors; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, jurors - from) }, (_, at) => from + at);
    await Promise.all(numbers.map((number) => vote(origin, room, id, number)));
  }
}

/** Starts the crowd in a case. `stop` ends it, and throws the first error of a juror. */
export function startCrowd(origin, room, id) {
  let number = 0;
  const votes = [];
  const timer = setInterval(() => {
    const voted = vote(origin, room, id, (number += 1));
    // `stop` reports the error.
    voted.catch(() => {});
    votes.push(voted);
  }, 1000 / BALLOTS_PER_S);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(votes);
    },
  };
}
