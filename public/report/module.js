// The form with which a viewer reports a breach of a policy, and the viewer's own reports. The frame and the loader
// import it when a viewer asks. It decides nothing: the server takes a report or refuses it.

import { fetched, fitting } from '../texts.js';
import { ask } from './routes.js';
import { draw } from './view.js';

const here = (name) => new URL(name, import.meta.url).href;
// The build writes the names of the files beside this one.
const { css, texts } = REPORT_FILES;

/** The styles, which are in the tree of the page or of a shadow root. */
const styled = (root) => new Promise((resolve) => {
  const tree = root.getRootNode();
  if (tree.querySelector(`link[href="${here(css)}"]`)) return resolve();
  const link = document.createElement('link');
  Object.assign(link, { rel: 'stylesheet', href: here(css), crossOrigin: 'anonymous' });
  link.onload = link.onerror = resolve;
  (tree.head ?? tree).append(link);
});

/** The orders in a token; none in one that this program cannot read. */
function ordersOf(token) {
  try {
    const payload = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    const { orders } = JSON.parse(decodeURIComponent(escape(atob(payload))));
    return Array.isArray(orders) ? orders.filter((order) => typeof order === 'string') : [];
  } catch {
    return [];
  }
}

/** Whether a policy can be broken by one of those whom the page names. */
const concerns = ({ reportable, falls_on: on }, { merchant, host }) =>
  reportable && Boolean(on === 'merchant' ? merchant : on === 'host' ? host : merchant || host);

/**
 * Opens the form below its button, or closes it. `asked` is `{ root, server, room, lang, token, getToken, look }`;
 * `look` names merchant, host and product among others.
 */
export async function check(asked) {
  const box = asked.root.querySelector('[data-report]');
  const button = box?.querySelector('button');
  if (!button) return;
  const open = box.querySelector('.lj-report-view');
  button.setAttribute('aria-expanded', String(!open));
  if (open) return open.remove();
  const file = texts[fitting(asked.lang, Object.keys(texts))];
  const [answer] = await Promise.all([fetched(here(file)), styled(asked.root)]);
  const words = await answer.json();
  // The button was pressed again, or the widget was drawn anew.
  if (!button.isConnected || button.getAttribute('aria-expanded') !== 'true') return;
  const view = document.createElement('div');
  view.className = 'lj-report-view';
  view.lang = words.tag;
  view.setAttribute('role', 'group');
  view.setAttribute('aria-label', words.title);
  view.textContent = words.loading;
  box.append(view);
  const found = await Promise.all([ask(asked, 'GET', '/trust/policies'), ask(asked, 'GET', '/reports')]);
  const failed = found.find(({ code }) => code)?.code;
  const [policies, own] = found.map(({ body }) => body?.items ?? []);
  const { merchant, host, product } = asked.look;
  const about = { merchant, host, product };
  const form = {
    policies: policies.filter((policy) => concerns(policy, about)),
    orders: ordersOf(asked.token ?? ''),
    titles: Object.fromEntries(policies.map(({ id, title }) => [id, title[words.tag] ?? title.en])),
    failed,
  };
  draw(view, words, form, own, async (report) => {
    const sent = await ask(asked, 'POST', `/rooms/${asked.room}/reports`, { ...report, subject: about,
      lang: words.tag });
    const { body } = await ask(asked, 'GET', '/reports');
    return { name: sent.body?.status ?? sent.code, own: body?.items };
  });
  view.scrollIntoView({ block: 'nearest' });
}
