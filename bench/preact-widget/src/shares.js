// What counts look like: each option's part of the votes, and the hue that goes with it; it decides no verdict.

const REST = ['first', 'second', 'third', 'fourth', 'fifth'];
const SIDES = ['buyer', 'merchant'];

/** The hue of an option: the two sides have theirs, abstaining is grey, the rest take what is left in order. */
export function hueOf({ options }, option) {
  if (option.abstain) return 'abstain';
  if (SIDES.includes(option.id)) return option.id;
  const others = options.filter(({ id, abstain }) => !abstain && !SIDES.includes(id));
  return REST[others.findIndex(({ id }) => id === option.id) % REST.length];
}

/** The rows of a case, in the order of its options; `votes` and `share` are null where hidden. */
export function rowsOf(shown, counts) {
  const votes = ({ id }) => (counts ? counts[id] ?? 0 : null);
  const deciding = shown.options.filter(({ abstain }) => !abstain).reduce((sum, option) => sum + votes(option), 0);
  return shown.options.map((option) => {
    const own = votes(option);
    const share = own === null || option.abstain ? null : deciding === 0 ? 0 : own / deciding;
    return { option, hue: hueOf(shown, option), votes: own, share };
  });
}

export const labelOf = ({ options }, id) => options.find((option) => option.id === id)?.label ?? id;
