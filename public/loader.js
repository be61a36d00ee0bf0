// The custom element <live-jury>: adds the widget to a page, as a frame (default) or inline, and sends tokens to the
// server's origin only. It reads nothing of the page but its own attributes and the --jury-* properties.

import { checking, fetched, fitting, textsIn } from './texts.js';

(() => {
  const FILE = /\/embed\/v1\/loader[^/?#]*\.js(?:[?#]|$)/;
  // A module has no `currentScript`; its script element tells the address. A copy, an import() and an evaluated text
  // tell none, and need the attribute `server`.
  const LOADER = [document.currentScript, ...document.scripts]
    .map((script) => script?.src).find((src) => FILE.test(src));
  // The properties that a page may set; the frame has the same list.
  const LOOK = ['accent', 'accent-text', 'buyer', 'merchant', 'background', 'surface', 'text', 'text-quiet', 'border',
    'radius', 'shadow', 'font', 'font-title', 'font-size'].map((name) => `--jury-${name}`);
  // The subject of a report.
  const ABOUT = ['merchant', 'host', 'product'];
  const ROOM = /^[A-Za-z0-9_-]{1,64}$/;
  // Longest wait for the frame's first message. Beyond it the page's or the server's policy blocks the frame.
  const HELLO_MS_MAX = 15_000;
  // Longest wait for a page that sets getToken late, and for its answer. Beyond it the widget reports an error.
  const GET_TOKEN_MS_MAX = 10_000;
  // Scripts, storage, the vote's form, evidence in a tab of its own, and files to save. The frame never moves the page
  // around it.
  const SANDBOX = 'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox'
    + ' allow-downloads';
  // Chromium before 108 and Firefox before 101 know no dvh.
  const VIEW_HEIGHT = CSS.supports('height', '1dvh') ? 'dvh' : 'vh';
  const FRAME_STYLE = 'display:block;border:0;width:100%;max-width:100%;height:3.5rem;color-scheme:normal;'
    + 'background:transparent;max-height:var(--jury-max-height,min(85' + VIEW_HEIGHT + ',46rem));';
  // The note for a viewer without the widget, by tag. The build puts it here from the texts of all languages.
  const NOTES = JURY_NOTES;
  const modules = new Map();

  const missing = (message) => Object.assign(new Error(message), { missing: true });

  /** The result of `asked`, or the error `late` if it takes too long. */
  function inTime(asked, late) {
    let timer;
    const over = new Promise((_, reject) => (timer = setTimeout(() => reject(late), GET_TOKEN_MS_MAX)));
    return Promise.race([asked, over]).finally(() => clearTimeout(timer));
  }

  /**
   * Whether the server refuses this page's origin. A socket cannot distinguish that from a server that is unavailable.
   * But the server's files are for all origins, and its API is not.
   */
  async function refusesOrigin(server) {
    const answers = (path) => fetch(`${server}${path}`, { method: 'HEAD', credentials: 'omit', cache: 'no-store' })
      .then((answer) => answer.ok, () => false);
    const apiAnswers = () => answers('/api/v1/openapi.json');
    // The API is requested again after the files: a server that has just restarted must not count as a refusal.
    return !(await apiAnswers()) && (await answers('/embed/v1/manifest.json')) && !(await apiAnswers());
  }

  class LiveJury extends HTMLElement {
    static observedAttributes = ['room', 'server', 'lang', 'theme', 'mode', ...ABOUT];

    #getToken;
    #tokenSet;
    #tokenSetNow;
    #stop = null;
    #restart = 0;
    #applyLook = () => {};
    // Switches the language of a running widget; none while it starts anew.
    #applyLang = null;

    constructor() {
      super();
      this.#tokenSet = new Promise((resolve) => (this.#tokenSetNow = resolve));
    }

    /** Returns the viewer's token; called at start and before a token ends. It may be set at any time. */
    get getToken() {
      return this.#getToken;
    }

    set getToken(getToken) {
      this.#getToken = getToken;
      if (typeof getToken === 'function') this.#tokenSetNow();
    }

    connectedCallback() {
      // A value set before the element was defined is a plain property, which hides the accessor.
      if (Object.hasOwn(this, 'getToken')) {
        const { getToken } = this;
        delete this.getToken;
        this.getToken = getToken;
      }
      this.#schedule();
    }

    disconnectedCallback() {
      this.#schedule();
    }

    attributeChangedCallback(name, before, now) {
      if (before === now || !this.isConnected) return;
      if (name === 'theme' || ABOUT.includes(name)) this.#applyLook();
      else if (name === 'lang' && this.#applyLang) this.#applyLang();
      else this.#schedule();
    }

    /** Starts the widget once for several attribute changes in a row, or for a move within the page. */
    #schedule() {
      const turn = (this.#restart += 1);
      queueMicrotask(() => {
        if (turn !== this.#restart) return;
        this.#stop?.();
        this.#stop = null;
        this.#applyLook = () => {};
        this.#applyLang = null;
        if (this.isConnected) this.#start();
      });
    }

    #start() {
      const room = this.getAttribute('room') ?? '';
      if (!ROOM.test(room)) {
        return this.#fail('bad_room', `<live-jury> needs room="\u2026": 1 to 64 of A-Z a-z 0-9 _ -, not "${room}"`);
      }
      let server = this.getAttribute('server') || LOADER;
      if (!server) {
        return this.#fail('bad_server', '<live-jury> needs server="https://jury.example.com": loaded in this way,'
          + ' loader.js does not know where it came from');
      }
      try {
        server = new URL(server, location.href).origin;
        if (!server.startsWith('http')) throw new TypeError(server);
      } catch {
        return this.#fail(
          'bad_server',
          '<live-jury server="\u2026"> must be an origin such as https://jury.example.com',
        );
      }
      if (typeof WebAssembly !== 'object') {
        return this.#fail('no_webassembly', 'this browser has no WebAssembly, or a policy forbids it');
      }
      const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
      const base = document.createElement('slot');
      shadow.replaceChildren(base);
      this.style.display ||= 'block';
      const inline = this.getAttribute('mode') === 'inline';
      this.#stop = inline ? this.#inline(shadow, server, room) : this.#frame(shadow, server, room);
    }

    get #lang() {
      return this.getAttribute('lang') || document.documentElement.lang || 'en';
    }

    get #key() {
      return this.getAttribute('log-key') ?? '';
    }

    get #theme() {
      return this.getAttribute('theme') || 'auto';
    }

    /** The look that the page asks for, and the subject of a report. */
    #look() {
      const style = getComputedStyle(this);
      const all = [...LOOK, ...ABOUT].map((name) =>
        [name, (this.getAttribute(name) ?? style.getPropertyValue(name)).trim()]);
      return Object.fromEntries(all.filter(([, value]) => value));
    }

    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    }

    /** Shows the developer the fix, and the viewer a note. */
    #fail(code, message) {
      this.#stop?.();
      this.#stop = null;
      this.#applyLang = null;
      console.error(`live-jury: ${message}`);
      const note = document.createElement('p');
      note.setAttribute('role', 'status');
      note.setAttribute('part', 'failed');
      note.style.cssText = 'margin:0;padding:.75rem 1rem;font:inherit;';
      note.textContent = NOTES[fitting(this.#lang, Object.keys(NOTES))];
      (this.shadowRoot ?? this.attachShadow({ mode: 'open' })).replaceChildren(note);
      afterPageScripts(() => this.#emit('jury:error', { code, message }));
    }

    async #token() {
      const why = 'set `getToken` on the <live-jury> element: an async function that gives the viewer\u2019s token';
      await inTime(this.#tokenSet, missing(why));
      return await inTime(this.#getToken(), new Error(`getToken did not answer within ${GET_TOKEN_MS_MAX / 1000} s`));
    }

    #frame(shadow, server, room) {
      const frame = document.createElement('iframe');
      frame.title = 'Live Jury';
      frame.setAttribute('part', 'frame');
      frame.referrerPolicy = 'origin';
      // On the page's own origin a sandbox with scripts restricts nothing, and browsers warn of it.
      if (server !== location.origin) frame.setAttribute('sandbox', SANDBOX);
      frame.style.cssText = FRAME_STYLE;
      const send = (message) => frame.contentWindow?.postMessage({ jury: 1, ...message }, server);
      const refused = `the frame did not answer. Add ${location.origin} to the server\u2019s --allowed-origins`
        + ` (it allows no other page), allow frame-src ${server} in this page\u2019s policy,`
        + ` and check that ${server} is up. Under a Cross-Origin-Embedder-Policy the browser must know credentialless,`
        + ' or use mode="inline"';
      const hello = setTimeout(() => this.#fail('frame_blocked', refused), HELLO_MS_MAX);
      const on = {
        hello: () => {
          clearTimeout(hello);
          this.#applyLang = () => send({ type: 'lang', lang: this.#lang });
          send({ type: 'start', room, lang: this.#lang, theme: this.#theme, look: this.#look(), key: this.#key });
        },
        'get-token': async ({ id }) => {
          try {
            send({ type: 'token', id, token: await this.#token() });
          } catch (error) {
            send({ type: 'token', id, message: String(error?.message ?? error), missing: error?.missing === true });
          }
        },
        size: ({ height, width, expanded }) => {
          frame.style.height = `${Math.min(Number(height) || 0, 20_000)}px`;
          frame.style.width = expanded ? '100%' : `${Math.min(Number(width) || 0, 20_000)}px`;
          this.toggleAttribute('expanded', expanded === true);
        },
        event: ({ name, detail }) => {
          if (typeof name === 'string' && name.startsWith('jury:')) this.#emit(name, detail);
        },
        failed: ({ code, message }) => this.#fail(String(code), String(message)),
      };
      const onMessage = (event) => {
        if (event.source !== frame.contentWindow || event.origin !== server || event.data?.jury !== 1) return;
        if (Object.hasOwn(on, event.data.type)) on[event.data.type](event.data);
      };
      addEventListener('message', onMessage);
      this.#applyLook = () => send({ type: 'look', theme: this.#theme, look: this.#look() });
      // The start message has the language of that moment.
      this.#applyLang = () => {};
      frame.src = `${server}/embed/v1/frame`;
      shadow.replaceChildren(frame);
      return () => {
        clearTimeout(hello);
        removeEventListener('message', onMessage);
        frame.remove();
      };
    }

    #inline(shadow, server, room) {
      const root = document.createElement('div');
      root.className = 'lj-root';
      root.dataset.theme = this.#theme;
      this.#applyLook = () => (root.dataset.theme = this.#theme);
      let mounted = null;
      let stopped = false;
      let textsOf = null;
      const switchTexts = async () => {
        const lang = this.#lang;
        try {
          const texts = await textsOf(lang);
          if (!stopped && lang === this.#lang) mounted.switchTexts(texts);
        } catch (error) {
          console.error(`live-jury: the language stays as it is: ${error?.message ?? error}`);
        }
      };
      // A widget that still loads compares the language once it is there.
      this.#applyLang = () => mounted && switchTexts();
      // A connection that is lost before it was ever live may be a refused origin.
      let neverLive = true;
      const emit = (name, detail) => {
        this.#emit(name, detail);
        if (name !== 'jury:connection' || !neverLive || detail.state === 'connecting') return;
        neverLive = false;
        if (detail.state === 'lost') checkOrigin();
      };
      const checkOrigin = async () => {
        if (!(await refusesOrigin(server)) || stopped) return;
        this.#fail('origin_not_allowed', `the server does not take sockets from ${location.origin}. Add exactly that`
          + ' origin to its --allowed-origins');
      };
      const begin = async () => {
        const base = `${server}/embed/v1/`;
        const manifest = await (await fetched(`${base}manifest.json`)).json();
        textsOf = (lang) => textsIn(lang, manifest.texts, base);
        const style = document.createElement('link');
        style.rel = 'stylesheet';
        style.crossOrigin = 'anonymous';
        style.href = new URL(manifest.css, base).href;
        const styled = new Promise((resolve, reject) => {
          style.onload = resolve;
          style.onerror = () => reject(
            new Error(`${style.href} did not load: allow style-src ${server} in this page\u2019s policy`),
          );
        });
        if (stopped) return;
        shadow.replaceChildren(style, root);
        const lang = this.#lang;
        const [glue, texts] = await Promise.all([load(base, manifest), textsOf(lang), styled]);
        if (stopped) return;
        let token;
        const getToken = async () => (token = await this.#token());
        const check = (asked) => checking(manifest, base, asked, () => (
          { root, server, room, lang: this.#lang, key: this.#key, token, getToken, emit, look: this.#look() }));
        mounted = glue.mount(root, { server, room, texts, getToken, emit, check });
        if (lang !== this.#lang) switchTexts();
        const watch = () => this.toggleAttribute('expanded', root.firstElementChild?.dataset.view === 'card');
        new MutationObserver(watch).observe(root, { subtree: true, attributes: true, attributeFilter: ['data-view'] });
        watch();
      };
      begin().catch((error) => {
        const hint = `Add ${location.origin} to the server\u2019s --allowed-origins, and allow ${server} in this`
          + ' page\u2019s script-src (with \u2018wasm-unsafe-eval\u2019), style-src and connect-src';
        if (!stopped) this.#fail('inline_failed', `the widget could not start: ${error?.message ?? error}. ${hint}`);
      });
      return () => {
        stopped = true;
        mounted?.unmount();
        root.remove();
      };
    }
  }

  /** Calls at once, or after the page's own scripts: an error at the start would precede their listeners. */
  function afterPageScripts(call) {
    if (document.readyState === 'complete') return call();
    const done = new AbortController();
    const once = () => {
      done.abort();
      call();
    };
    document.addEventListener('DOMContentLoaded', once, { signal: done.signal });
    // For a page past that event.
    addEventListener('load', once, { signal: done.signal });
  }

  /** Loads one module for all widgets of a server in this page. */
  function load(base, { js, wasm }) {
    if (!modules.has(base)) {
      // Both files load at once; the program is the larger one.
      const program = fetched(new URL(wasm, base).href);
      const loading = import(new URL(js, base).href).then(async (glue) => {
        await glue.default({ module_or_path: program });
        return glue;
      });
      // A failure of the glue is reported in its place.
      program.catch(() => {});
      // A failed start can be repeated.
      loading.catch(() => modules.delete(base));
      modules.set(base, loading);
    }
    return modules.get(base);
  }

  if (!customElements.get('live-jury')) customElements.define('live-jury', LiveJury);
})();
