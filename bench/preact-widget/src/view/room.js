// How views read the room's state: as a signal that moves only when what they read has moved.

import { useComputed } from '@preact/signals';

export function useRoom({ session }, read) {
  return useComputed(() => {
    session.moved.value;
    return read(session.jury);
  });
}
