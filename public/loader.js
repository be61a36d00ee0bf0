// The custom element <live-jury>: puts the widget into a page, as a frame (default) or inline, and gives tokens to the
// server's origin only. It reads nothing of the page but its own attributes and the --jury-* properties.

(() => {
  const LOADER = document.currentScript?.src || location.href;
  // What a page may change of the look; the frame has the same list.
  const LOOK = ['accent', 'accent-text', 'buyer', 'merchant', 'background', 'surface', 'text', 'text-quiet', 'border',
    'radius', 'shadow', 'font', 'font-title', 'font-size'].map((name) => `--jury-${name}`);
  const ROOM = /^[A-Za-z0-9_-]{1,64}$/;
  // Time the frame has to say hello; past it the page or the server does not allow it.
  const HELLO_MS_MAX = 15_000;
  // Time a page that sets getToken late has for it, and time that it has for an answer.
  const GET_TOKEN_MS_MAX = 10_000;
  const FRAME_STYLE = 'display:block;border:0;width:100%;max-width:100%;height:3.5rem;color-scheme:normal;'
    + 'background:transparent;max-height:var(--jury-max-height,min(85dvh,46rem));';
  const WORDS = {
    en: 'The jury cannot be shown here right now. Reload the page, or try again later.',
    zh: '\u6682\u65f6\u65e0\u6cd5\u663e\u793a\u8bc4\u5ba1\u3002\u8bf7\u5237\u65b0\u9875\u9762\u6216\u7a0d\u540e\u518d\u8bd5\u3002',
  };
  const modules = new Map();

  const missing = (message) => Object.assign(new Error(message), { missing: true });

  /** What `asked` comes to, or `late` if that takes too long. */
  function inTime(asked, late) {
    let timer;
    const over = new Promise((_, reject) => (timer = setTimeout(() => reject(late), GET_TOKEN_MS_MAX)));
    return Promise.race([asked, over]).finally(() => clearTimeout(timer));
  }

  /**
   * Whether the server answers this page's origin no more than any other. A socket does not tell that from a server that
   * is away; but its files are for all origins, and its API is not.
   */
  async function turnsAway(server) {
    const answers = (path) => fetch(`${server}${path}`, { method: 'HEAD', credentials: 'omit', cache: 'no-store' })
      .then((answer) => answer.ok, () => false);
    const talks = () => answers('/api/v1/openapi.json');
    // Asked again after the files, so that a server that was just coming back is not taken for one that says no.
    return !(await talks()) && (await answers('/embed/v1/manifest.json')) && !(await talks());
  }

  class LiveJury extends HTMLElement {
    static observedAttributes = ['room', 'server', 'lang', 'theme', 'mode'];

    #getToken;
    #tokenSet;
    #tokenSetNow;
    #stop = null;
    #restart = 0;
    #dress = () => {};

    constructor() {
      super();
      this.#tokenSet = new Promise((resolve) => (this.#tokenSetNow = resolve));
    }

    /** Gives a token for the viewer; called at start and before a token ends. May be set at any time. */
    get getToken() {
      return this.#getToken;
    }

    set getToken(getToken) {
      this.#getToken = getToken;
      if (typeof getToken === 'function') this.#tokenSetNow();
    }

    connectedCallback() {
      // Set before the element was defined, it is a plain property that hides the accessor.
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
      if (name === 'theme') this.#dress();
      else this.#schedule();
    }

    /** Several attributes that change together, or a move within the page, start the widget once. */
    #schedule() {
      const turn = (this.#restart += 1);
      queueMicrotask(() => {
        if (turn !== this.#restart) return;
        this.#stop?.();
        this.#stop = null;
        this.#dress = () => {};
        if (this.isConnected) this.#start();
      });
    }

    #start() {
      const room = this.getAttribute('room') ?? '';
      if (!ROOM.test(room)) {
        return this.#fail('bad_room', `<live-jury> needs room="\u2026": 1 to 64 of A-Z a-z 0-9 _ -, not "${room}"`);
      }
      let server;
      try {
        server = new URL(this.getAttribute('server') || LOADER, location.href).origin;
        if (!server.startsWith('http')) throw new TypeError(server);
      } catch {
        return this.#fail('bad_server', '<live-jury server="\u2026"> must be an origin such as https://jury.example.com');
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

    get #theme() {
      return this.getAttribute('theme') || 'auto';
    }

    #look() {
      const style = getComputedStyle(this);
      return Object.fromEntries(LOOK.map((name) => [name, style.getPropertyValue(name).trim()]).filter(([, value]) => value));
    }

    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    }

    /** Says what to fix to the developer, and what to do to the viewer. */
    #fail(code, message) {
      this.#stop?.();
      this.#stop = null;
      console.error(`live-jury: ${message}`);
      const note = document.createElement('p');
      note.setAttribute('role', 'status');
      note.setAttribute('part', 'failed');
      note.style.cssText = 'margin:0;padding:.75rem 1rem;font:inherit;';
      note.textContent = this.#lang.startsWith('zh') ? WORDS.zh : WORDS.en;
      (this.shadowRoot ?? this.attachShadow({ mode: 'open' })).replaceChildren(note);
      whenHeard(() => this.#emit('jury:error', { code, message }));
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
      frame.style.cssText = FRAME_STYLE;
      const send = (message) => frame.contentWindow?.postMessage({ jury: 1, ...message }, server);
      const refused = `the frame did not answer. Add ${location.origin} to the server\u2019s --allowed-origins`
        + ` (it allows no other page), allow frame-src ${server} in this page\u2019s policy, and check that ${server} is up`;
      const hello = setTimeout(() => this.#fail('frame_blocked', refused), HELLO_MS_MAX);
      const on = {
        hello: () => {
          clearTimeout(hello);
          send({ type: 'start', room, lang: this.#lang, theme: this.#theme, look: this.#look() });
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
      this.#dress = () => send({ type: 'look', theme: this.#theme, look: this.#look() });
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
      this.#dress = () => (root.dataset.theme = this.#theme);
      let mounted = null;
      let over = false;
      // Until it was live once, a lost connection may be a door that stays shut.
      let doubtful = true;
      const emit = (name, detail) => {
        this.#emit(name, detail);
        if (name !== 'jury:connection' || !doubtful || detail.state === 'connecting') return;
        doubtful = false;
        if (detail.state === 'lost') knock();
      };
      const knock = async () => {
        if (!(await turnsAway(server)) || over) return;
        this.#fail('origin_not_allowed', `the server does not take sockets from ${location.origin}. Add exactly that`
          + ' origin to its --allowed-origins');
      };
      const begin = async () => {
        const base = `${server}/embed/v1/`;
        const answer = await fetch(`${base}manifest.json`, { credentials: 'omit' });
        if (!answer.ok) throw new Error(`${base}manifest.json answered ${answer.status}`);
        const manifest = await answer.json();
        const style = document.createElement('link');
        style.rel = 'stylesheet';
        style.crossOrigin = 'anonymous';
        style.href = new URL(manifest.css, base).href;
        const styled = new Promise((resolve, reject) => {
          style.onload = resolve;
          style.onerror = () => reject(new Error(`${style.href} did not load: allow style-src ${server} in this page\u2019s policy`));
        });
        if (over) return;
        shadow.replaceChildren(style, root);
        const [glue] = await Promise.all([load(base, manifest), styled]);
        if (over) return;
        mounted = glue.mount(root, { server, room, lang: this.#lang, getToken: () => this.#token(), emit });
        const watch = () => this.toggleAttribute('expanded', root.firstElementChild?.dataset.view === 'card');
        new MutationObserver(watch).observe(root, { subtree: true, attributes: true, attributeFilter: ['data-view'] });
        watch();
      };
      begin().catch((error) => {
        const hint = `Add ${location.origin} to the server\u2019s --allowed-origins, and allow ${server} in this page\u2019s`
          + ' script-src (with \u2018wasm-unsafe-eval\u2019), style-src and connect-src';
        if (!over) this.#fail('inline_failed', `the widget could not start: ${error?.message ?? error}. ${hint}`);
      });
      return () => {
        over = true;
        mounted?.unmount();
        root.remove();
      };
    }
  }

  /** At once, or after the page's own scripts: what is wrong from the start shows before those that listen have run. */
  function whenHeard(tell) {
    if (document.readyState === 'complete') return tell();
    const told = new AbortController();
    const once = () => {
      told.abort();
      tell();
    };
    document.addEventListener('DOMContentLoaded', once, { signal: told.signal });
    // Where that has passed already.
    addEventListener('load', once, { signal: told.signal });
  }

  /** One module for all widgets of a server in this page. */
  function load(base, { js, wasm }) {
    if (!modules.has(base)) {
      // Both at once: the second is the larger.
      const program = fetch(new URL(wasm, base).href);
      const loading = import(new URL(js, base).href).then(async (glue) => {
        await glue.default({ module_or_path: program });
        return glue;
      });
      // Where the first fails, that is told.
      program.catch(() => {});
      // A failed start may be tried again.
      loading.catch(() => modules.delete(base));
      modules.set(base, loading);
    }
    return modules.get(base);
  }

  if (!customElements.get('live-jury')) customElements.define('live-jury', LiveJury);
})();
