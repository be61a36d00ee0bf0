// Starts a widget and draws it; what the WebAssembly program exports under the same name.

import { computed, effect, signal } from '@preact/signals';
import { render } from 'preact';

import { tellConnection, tellNews } from './events.js';
import { langOf } from './lang.js';
import { isLocal } from './link.js';
import { Session } from './session.js';
import { EMPTY, follow } from './stage.js';
import { Widget } from './view/widget.jsx';

/** How often time left is looked at. */
const TICK_MS = 250;

/** Draws a widget into `root`. */
export function mount(root, { server, room, lang: asked, getToken, emit }) {
  const lang = langOf(asked);
  const session = new Session({ server, room, getToken }, (news, jury) => tellNews(emit, news, jury));
  const localNow = signal(Date.now());
  const ticking = setInterval(() => (localNow.value = Date.now()), TICK_MS);
  const read = (part) => computed(() => (session.moved.value, part(session.jury)));
  const offsetMs = read((jury) => jury.clockOffsetMs);
  const viewer = {
    session,
    lang,
    words: lang.words,
    serverIsLocal: isLocal(server),
    /** The server's clock, moving four times a second. */
    nowMs: computed(() => localNow.value + offsetMs.value),
    stage: signal(EMPTY),
    madeSmall: signal(false),
    expanded: signal(false),
    /** What screen readers are told next. */
    spoken: signal(''),
  };
  const docket = read((jury) => (jury.rev === null ? null : jury.cases));
  const ends = [tellConnection(emit, session.connection), followDocket(docket, viewer)];
  render(<Widget viewer={viewer} />, root);
  return {
    unmount() {
      render(null, root);
      for (const end of ends) end();
      clearInterval(ticking);
      session.close();
    },
  };
}

/** Keeps the stage with the docket: a new case comes forward by itself, unless the viewer made the widget small. */
function followDocket(docket, { session, stage, madeSmall, expanded, spoken, words }) {
  return effect(() => {
    if (!docket.value) return;
    const before = stage.peek();
    const now = follow(before, docket.value);
    stage.value = now;
    if (!madeSmall.peek() && (now.opened || now.shown.length > before.shown.length)) expanded.value = true;
    if (now.opened) spoken.value = words.spokenOpened(session.jury.case(now.opened).title);
  });
}
