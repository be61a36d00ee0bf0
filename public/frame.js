// The frame's side of the messages between widget and page. It answers window.parent alone, at the origin of the first
// accepted message; the server's `frame-ancestors` restricts the origins. It never reads the page and stores no token.

import { checking, fitting, textsIn } from './texts.js';

// The properties that a page may set; the loader has the same list.
const LOOK =
  /^--jury-(accent(-text)?|buyer|merchant|background|surface|text(-quiet)?|border|radius|shadow|font(-title|-size)?)$/;
// Values without functions that load files, and without characters that end a declaration.
const LOOK_VALUE = /^(?!.*(?:url|image|src|attr|env)\s*\()[^;{}\\<>]{1,200}$/i;
// Longest wait for the page's token, beyond which the widget reports an error: twice the loader's own wait.
const TOKEN_WAIT_MS = 20_000;
const THEMES = ['auto', 'light', 'dark', 'transparent'];

const root = document.getElementById('jury');
let host = null;
let mounted = null;
// The language that the page asked for last.
let wanted = 'en';
let asked = 0;
// The page's settings: properties of its look, and the merchant, host and product that a report is about.
let look;
const pending = new Map();

const post = (message) => host && window.parent.postMessage({ jury: 1, ...message }, host);

function getToken() {
  return new Promise((resolve, reject) => {
    const id = (asked += 1);
    const timer = setTimeout(() => {
      pending.delete(id);
      reject(new Error('the page did not answer in time when asked for a token'));
    }, TOKEN_WAIT_MS);
    pending.set(id, { resolve, reject, timer });
    post({ type: 'get-token', id });
  });
}

function onToken({ id, token, message, missing }) {
  const asker = pending.get(id);
  if (!asker) return;
  pending.delete(id);
  clearTimeout(asker.timer);
  if (typeof token === 'string') asker.resolve(token);
  else asker.reject(Object.assign(new Error(String(message)), { missing: missing === true }));
}

function applyLook({ theme, look: given }) {
  look = given ?? {};
  root.dataset.theme = THEMES.includes(theme) ? theme : 'auto';
  for (const name of [...root.style]) if (name.startsWith('--jury-')) root.style.removeProperty(name);
  for (const [name, value] of Object.entries(look)) {
    if (LOOK.test(name) && typeof value === 'string' && LOOK_VALUE.test(value)) root.style.setProperty(name, value);
  }
}

/** Reports the widget's size to the page: width and height while it is small, the height alone while it is expanded. */
function measure() {
  const widget = root.firstElementChild;
  if (!widget) return;
  const expanded = widget.dataset.view === 'card';
  // Before the first report and while the widget is expanded, the frame has the page's full width.
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
  const changes = { childList: true, subtree: true, attributes: true, attributeFilter: ['data-view'] };
  new MutationObserver(watch).observe(root, changes);
  watch();
}

/** Requests a token at once, for the first caller. Each later caller makes a request of its own. */
function prefetchToken() {
  let ahead = getToken();
  // The first caller handles a failure.
  ahead.catch(() => {});
  return () => {
    const token = ahead ?? getToken();
    ahead = null;
    return token;
  };
}

/** Names the frame's language. */
const speak = (lang, files) => (document.documentElement.lang = fitting(lang, Object.keys(files)));

/** Switches a running widget to the wanted language. It keeps its language if the texts do not come. */
async function switchTexts(files) {
  const lang = wanted;
  try {
    const texts = await textsIn(lang, files, document.baseURI);
    // The page may have asked for another language meanwhile.
    if (lang !== wanted) return;
    mounted.switchTexts(texts);
    speak(lang, files);
  } catch (error) {
    console.error(`live-jury: the language stays as it is: ${error?.message ?? error}`);
  }
}

async function startWidget(glue, addresses, { room, key }) {
  const files = addresses.texts;
  const emit = (name, detail) => post({ type: 'event', name, detail });
  // The page's server answers while the widget still loads.
  const ask = prefetchToken();
  // The last token serves a check, too, so that the page's server makes none for it.
  let token;
  const getToken = async () => (token = await ask());
  const check = (asked) => checking(addresses, document.baseURI, asked, () => ({
    root, server: location.origin, room, lang: wanted, key, token, getToken, emit, look,
  }));
  const lang = wanted;
  try {
    const [{ mount }, texts] = await Promise.all([glue, textsIn(lang, files, document.baseURI)]);
    speak(lang, files);
    mounted = mount(root, { server: location.origin, room, texts, getToken, emit, check });
    watchSize();
    // The page may have asked for another language while the program still loaded.
    if (lang !== wanted) switchTexts(files);
  } catch (error) {
    const message = `the widget could not start: ${error?.message ?? error}`;
    post({ type: 'failed', code: 'start_failed', message });
  }
}

function onMessage(glue, addresses, event) {
  const { data } = event;
  if (event.source !== window.parent || data?.jury !== 1) return;
  if (host === null ? data.type !== 'start' : event.origin !== host) return;
  if (data.type === 'start' && !mounted && host === null) {
    host = event.origin;
    applyLook(data);
    wanted = String(data.lang ?? '');
    startWidget(glue, addresses, { room: String(data.room ?? ''), key: String(data.key ?? '') });
  } else if (data.type === 'token') {
    onToken(data);
  } else if (data.type === 'look') {
    applyLook(data);
  } else if (data.type === 'lang') {
    wanted = String(data.lang ?? '');
    if (mounted) switchTexts(addresses.texts);
  }
}

/**
 * Waits for the page's first message, then mounts the widget. `addresses` names the `texts` of each language and the
 * modules that load on demand. The frame's own first message carries no data.
 */
export function startFrame(glue, addresses) {
  if (window.parent === window) {
    root.textContent = 'Live Jury is shown inside a page: embed it with loader.js.';
    return;
  }
  glue.catch(() => {});
  addEventListener('message', (event) => onMessage(glue, addresses, event));
  window.parent.postMessage({ jury: 1, type: 'hello' }, '*');
}
