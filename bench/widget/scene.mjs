// The one case of every visit: its statements and evidence are as long as real ones.

import { moderator, openCase } from '../../tests/browser/harness.mjs';

const STATEMENTS = {
  buyer: 'The listing says pure silk, and so did the host, twice. The label sewn into the scarf that came says 60 % '
    + 'polyester. I asked for a refund the same day and was told that the label is a mistake of the factory.',
  merchant: 'The label is of the old batch, which we do not sell any more. The scarf in this stream is silk; the '
    + 'certificate of the weaving mill is below. We offered an exchange and the postage for sending it back.',
};
const EVIDENCE = [
  {
    type: 'text',
    text: 'Composition: 60 % polyester, 40 % silk.',
    caption: 'The label',
    by: 'buyer',
    stream_at_ms: 734_000,
  },
  { type: 'link', url: 'https://mill.example.com/certificate', caption: 'Certificate of the mill', by: 'merchant' },
];

/** Opens the case in a room, and returns it. */
export const openScene = (origin, room) =>
  openCase(origin, moderator(), room, { statements: STATEMENTS, evidence: EVIDENCE, rules: { quorum: 30 } });
