// The frame's half of the talk between widget and page. It answers window.parent alone, at the origin it first accepted;
// which origins may frame it at all is the server's `frame-ancestors`. It never reads the page and never keeps a token.

// What a page may change of the look; the loader has the same list.
const LOOK = /^--jury-(accent|accent-text|buyer|merchant|background|surface|text|text-quiet|border|radius|shadow|font|font-title|font-size)$/;
// No function that loads something, no escape out of a declaration.
const LOOK_VALUE = /^(?!.*(?:url|image|src|attr|env)\s*\()[^;{}\\<>]{1,200}$/i;
const TOKEN_WAIT_MS = 20_000;
const THEMES = ['auto', 'light', 'dark', 'transparent'];

const root = document.getElementById('jury');
let host = null;
let mounted = null;
let asked = 0;
const waiting = new Map();

const post = (message) => host && window.parent.postMessage({ jury: 1, ...message }, host);

function getToken() {
  return new Promise((resolve, reject) => {
    const id = (asked += 1);
    const timer = setTimeout(() => {
      waiting.delete(id);
      reject(new Error('the page did not answer in time when asked for a token'));
    }, TOKEN_WAIT_MS);
    waiting.set(id, { resolve, reject, timer });
    post({ type: 'get-token', id });
  });
}

function onToken({ id, token, message, missing }) {
  const asker = waiting.get(id);
  if (!asker) return;
  waiting.delete(id);
  clearTimeout(asker.timer);
  if (typeof token === 'string') asker.resolve(token);
  else asker.reject(Object.assign(new Error(String(message)), { missing: missing === true }));
}

function dress({ theme, look }) {
  root.dataset.theme = THEMES.includes(theme) ? theme : 'auto';
  for (const name of [...root.style]) if (name.startsWith('--jury-')) root.style.removeProperty(name);
  for (const [name, value] of Object.entries(look ?? {})) {
    if (LOOK.test(name) && typeof value === 'string' && LOOK_VALUE.test(value)) root.style.setProperty(name, value);
  }
}

/** Tells the page how much room the widget wants: its own size where it is small, its whole height where it is large. */
function measure() {
  const widget = root.firstElementChild;
  if (!widget) return;
  const expanded = widget.dataset.view === 'card';
  // Before the page has heard of a size, and while the widget is large, the frame has all the width there is.
  if (expanded || !measure.last) root.style.setProperty('--lj-room', `${innerWidth}px`);
  const scroll = root.querySelector('[data-scroll]');
  const hidden = scroll ? scroll.scrollHeight - scroll.clientHeight : 0;
  const padding = parseFloat(getComputedStyle(root).paddingInlineStart) * 2;
  const height = Math.ceil(root.getBoundingClientRect().height + hidden);
  const width = expanded ? null : Math.ceil(widget.getBoundingClientRect().width + padding);
  const size = `${expanded}:${height}:${width}`;
  if (size === measure.last) return;
  measure.last = size;
  post({ type: 'size', expanded, height, width });
}

function watchSize() {
  const observer = new ResizeObserver(measure);
  const watch = () => {
    observer.disconnect();
    for (const element of [root, ...root.querySelectorAll('.lj-widget, .lj-card, .lj-case, .lj-notice')]) {
      observer.observe(element);
    }
    measure();
  };
  new MutationObserver(watch).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-view'] });
  watch();
}

/** A token that the page is asked for now, for whoever asks first; after that each asker has the page asked again. */
function askedAhead() {
  let ahead = getToken();
  // It is heard when it is asked for.
  ahead.catch(() => {});
  return () => {
    const token = ahead ?? getToken();
    ahead = null;
    return token;
  };
}

async function begin(glue, { room, lang }) {
  const emit = (name, detail) => post({ type: 'event', name, detail });
  // The page's server answers while the widget is still on its way.
  const ask = askedAhead();
  try {
    const { mount } = await glue;
    document.documentElement.lang = lang || 'en';
    mounted = mount(root, { server: location.origin, room, lang, getToken: ask, emit });
    watchSize();
  } catch (error) {
    const message = `the widget could not start: ${error?.message ?? error}`;
    post({ type: 'failed', code: 'start_failed', message });
  }
}

function onMessage(glue, event) {
  const { data } = event;
  if (event.source !== window.parent || data?.jury !== 1) return;
  if (host === null ? data.type !== 'start' : event.origin !== host) return;
  if (data.type === 'start' && !mounted && host === null) {
    host = event.origin;
    dress(data);
    begin(glue, { room: String(data.room ?? ''), lang: String(data.lang ?? '') });
  } else if (data.type === 'token') {
    onToken(data);
  } else if (data.type === 'look') {
    dress(data);
  }
}

/** Waits for the page to say who it is, then mounts the widget. The first message carries no data. */
export function attend(glue) {
  if (window.parent === window) {
    root.textContent = 'Live Jury is shown inside a page: embed it with loader.js.';
    return;
  }
  glue.catch(() => {});
  addEventListener('message', (event) => onMessage(glue, event));
  window.parent.postMessage({ jury: 1, type: 'hello' }, '*');
}
