// A steady crowd: jurors that come in one after the other by the public socket, cast one ballot each, and leave.

import { token } from '../../tests/browser/harness.mjs';

// Twice what a widget draws, so that each drawing has something new.
const BALLOTS_PER_S = 8;
const OPTIONS = ['buyer', 'merchant', 'buyer', 'abstain', 'buyer', 'merchant'];

function vote(origin, room, id, number) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/rooms/${room}/socket`, 'jury.v1.json');
    const say = (frame) => socket.send(JSON.stringify(frame));
    socket.onopen = () => say({ type: 'join', token: token({ sub: `juror-${number}`, room, role: 'viewer' }) });
    socket.onclose = ({ code }) => reject(new Error(`a juror's socket closed with ${code}`));
    socket.onmessage = ({ data }) => {
      const { type, reason } = JSON.parse(data);
      if (type === 'docket') say({ type: 'cast', case: id, option: OPTIONS[number % OPTIONS.length] });
      if (type === 'refused') reject(new Error(`a juror was refused: ${reason}`));
      if (type !== 'ballot') return;
      socket.onclose = null;
      socket.close();
      resolve();
    };
  });
}

/** Lets jurors vote in a case, one after the other, until `stop`, which throws what went wrong. */
export function startCrowd(origin, room, id) {
  let number = 0;
  const votes = [];
  const pace = setInterval(() => {
    const voted = vote(origin, room, id, (number += 1));
    // Heard when the crowd is stopped.
    voted.catch(() => {});
    votes.push(voted);
  }, 1000 / BALLOTS_PER_S);
  return {
    async stop() {
      clearInterval(pace);
      await Promise.all(votes);
    },
  };
}
