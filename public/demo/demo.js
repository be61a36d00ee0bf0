/* The page around the widget: texts, picture, simulated chat and links. It never touches a vote. */

import { animate } from '/demo/silk.js';
import { lang, room, words } from '/demo/words.js';

const CHAT_EVERY_MS = 2600;
const CHAT_LINES_MAX = 40;
const CHAT_LINES_AT_FIRST = 5;

const jury = document.querySelector('live-jury');
const lines = document.querySelector('.lines');

function speak() {
  document.documentElement.lang = lang;
  document.title = words.title;
  jury.setAttribute('lang', lang);
  if (jury.getAttribute('room') !== room) jury.setAttribute('room', room);
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = words[element.dataset.text];
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', words[element.dataset.label]);
  }
  document.querySelector(`.languages a[hreflang="${lang}"]`).setAttribute('aria-current', 'true');
}

const toEnd = () => { lines.scrollTop = lines.scrollHeight; };

/** Keeps the newest line in view, unless the reader has scrolled back. */
function follow() {
  let atEnd = true;
  lines.addEventListener('scroll', () => { atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24; });
  new ResizeObserver(() => atEnd && toEnd()).observe(lines);
  new MutationObserver(() => atEnd && toEnd()).observe(lines, { childList: true });
}

function say(who, text) {
  const line = document.createElement('li');
  line.dir = 'auto';
  if (who) {
    const name = document.createElement('b');
    name.textContent = who;
    line.append(name);
  } else {
    line.className = 'news';
  }
  line.append(text);
  lines.append(line);
  while (lines.children.length > CHAT_LINES_MAX) lines.firstElementChild.remove();
}

function chatter() {
  let next = 0;
  const one = () => say(...words.chatter[next++ % words.chatter.length]);
  for (let i = 0; i < CHAT_LINES_AT_FIRST; i += 1) one();
  setInterval(() => document.hidden || one(), CHAT_EVERY_MS);
}

/** Loads the links, each with a token in its fragment. They are loaded anew when the page gets the focus. */
async function links() {
  const answer = await fetch(`/demo/links?room=${room}`);
  if (!answer.ok) return;
  const found = await answer.json();
  for (const link of document.querySelectorAll('[data-link]')) link.href = found[link.dataset.link];
}

/** Shows the links in the bar of a wide page, and behind a button of a narrow one. */
function fold() {
  const beside = document.querySelector('.beside');
  const wide = matchMedia('(min-width: 840px)');
  const apply = () => { beside.open = wide.matches; };
  wide.addEventListener('change', apply);
  apply();
}

speak();
fold();
links();
follow();
chatter();
animate(document.querySelector('.silk'));
jury.addEventListener('jury:case-opened', () => say('', words.case_opened));
jury.addEventListener('jury:verdict', () => say('', words.verdict));
addEventListener('focus', links);
