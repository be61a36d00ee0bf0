// Draws the form of a report and the viewer's own reports, in words; it sends nothing itself.

const TEXT_CHARS_MAX = 500;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A text with its values in the places `{name}`. */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** The sentence about an answer. Codes of later servers, and of what a form cannot mend, have one in common. */
function sentence(words, name) {
  const known = { not_found: 'not_taken', not_configured: 'not_taken', forbidden: 'not_taken' }[name] ?? name;
  return words.said[known] ?? words.said.unavailable;
}

function radio(words, titles, { id, clause }) {
  const choice = element('input', { type: 'radio', name: 'policy', value: id, required: true });
  const small = element('small', { textContent: fill(words.clause, { clause }) });
  return element('label', { className: 'lj-report-choice' }, choice,
    element('span', { dir: 'auto' }, `${titles[id]} `, small));
}

/** The choice of an order, if the token names some. */
function orderField(words, orders) {
  if (orders.length === 0) return null;
  const about = element('input', { type: 'checkbox', name: 'about' });
  const label = element('label', { className: 'lj-report-choice' }, about,
    element('span', { textContent: words.order }));
  const options = orders.map((order) => element('option', { value: order, textContent: order }));
  const which = element('select', { name: 'order' }, ...options);
  which.setAttribute('aria-label', words.which);
  which.hidden = true;
  about.addEventListener('change', () => (which.hidden = !about.checked || orders.length === 1));
  return element('div', {}, label, which);
}

function form(words, { policies, titles, orders }, said, send) {
  const choices = policies.map((policy) => radio(words, titles, policy));
  const legend = element('legend', { className: 'lj-eyebrow', textContent: words.what });
  const text = element('textarea', { name: 'text', rows: 3, maxLength: TEXT_CHARS_MAX, dir: 'auto' });
  const left = element('small', { textContent: fill(words.left, { left: TEXT_CHARS_MAX }) });
  text.addEventListener('input', () => {
    left.textContent = fill(words.left, { left: TEXT_CHARS_MAX - text.value.length });
  });
  const button = element('button', { className: 'lj-button', textContent: words.send });
  const made = element('form', { className: 'lj-report-form', noValidate: true },
    element('fieldset', {}, legend, ...choices),
    element('label', {}, element('span', { className: 'lj-eyebrow', textContent: words.words }), text, left),
    orderField(words, orders),
    element('p', { className: 'lj-report-note', textContent: words.private }),
    button,
  );
  made.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { policy, text: typed, about, order } = made.elements;
    if (!policy.value) {
      said.textContent = words.said.choose;
      made.querySelector('input').focus();
      return;
    }
    button.disabled = true;
    const sent = await send({
      policy: policy.value,
      ...(typed.value.trim() && { text: typed.value.trim() }),
      ...(about?.checked && { order: order.value }),
    });
    button.disabled = false;
    said.textContent = sentence(words, sent);
    if (sent === 'filed' || sent === 'merged') made.reset();
  });
  made.addEventListener('reset', () => {
    left.textContent = fill(words.left, { left: TEXT_CHARS_MAX });
    if (made.elements.order) made.elements.order.hidden = true;
  });
  return made;
}

function list(words, titles, own) {
  const time = new Intl.DateTimeFormat(words.tag, { dateStyle: 'medium', timeStyle: 'short' });
  const item = ({ at_ms: at, policy, state }) => element('li', {},
    element('b', { dir: 'auto', textContent: titles[policy] ?? policy }),
    element('span', { textContent: words.states[state] ?? '' }),
    element('small', { textContent: time.format(at) }));
  const items = own.map(item);
  return items.length > 0 ? element('ul', {}, ...items) : element('p', { textContent: words.none });
}

/** Draws form and list. `send` sends a report, and returns the answer's name with the viewer's reports. */
export function draw(view, words, found, own, send) {
  const said = element('p', { className: 'lj-report-said' });
  said.setAttribute('role', 'status');
  const mine = element('section', { className: 'lj-report-mine' });
  const show = (reports) => mine.replaceChildren(
    element('h3', { className: 'lj-eyebrow', textContent: words.mine }), list(words, found.titles, reports));
  const reason = found.failed ?? (found.policies.length === 0 ? 'no_subject' : null);
  view.replaceChildren(said);
  if (reason) said.textContent = sentence(words, reason);
  else {
    view.prepend(form(words, found, said, async (report) => {
      const { name, own: reports } = await send(report);
      if (reports) show(reports);
      return name;
    }));
  }
  if (found.failed) return;
  show(own);
  view.append(mine);
}
