/* The page of the demo's platform: the shop's standing, and each webhook in plain words. It changes nothing. */

import { lang, room } from '/demo/words.js';
import { platform as words } from '/demo/platform-words.js';

const EVERY_MS = 2000;
const SHOWN_MAX = 40;
const TIME_FORM = { hourCycle: 'h23', hour: '2-digit', minute: '2-digit', second: '2-digit' };

const list = document.querySelector('.messages');
let newest = '';

function speak() {
  document.documentElement.lang = lang;
  document.title = words.title;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = words[element.dataset.text];
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', words[element.dataset.label]);
  }
  document.querySelector(`.languages a[hreflang="${lang}"]`).setAttribute('aria-current', 'true');
}

/** A message in plain words. A type of a later server is shown by its name. */
function sentence({ type, data }) {
  const say = words.messages[type];
  return say ? say(data) : type;
}

function line(message) {
  const item = document.createElement('li');
  const time = document.createElement('time');
  time.dateTime = message.timestamp;
  time.textContent = new Date(message.timestamp).toLocaleTimeString(lang, TIME_FORM);
  const text = document.createElement('p');
  text.dir = 'auto';
  text.textContent = sentence(message);
  const kind = document.createElement('code');
  kind.textContent = message.type;
  item.append(time, text, kind);
  return item;
}

function value(name, text) {
  document.querySelector(`[data-value=${name}]`).textContent = text;
}

function show(told) {
  document.querySelector('.merchant').textContent = told.merchant ?? '';
  value('points', told.points ?? 0);
  value('tier', words.tiers[told.tier] ?? told.tier ?? words.tiers.clear);
  value('m', words.factor(told.m ?? 1));
  const first = told.messages[0]?.id ?? '';
  document.querySelector('.nothing').hidden = first !== '';
  if (first === newest) return;
  newest = first;
  list.replaceChildren(...told.messages.slice(0, SHOWN_MAX).map(line));
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`/demo/told?room=${room}`);
    if (answer.ok) show(await answer.json());
  } catch {
    // The server may be starting again. The next look comes soon.
  }
}

speak();
look();
setInterval(look, EVERY_MS);
addEventListener('visibilitychange', look);
