/* The integrator's part: the source of the widget's token. A real page asks its own server, which knows the viewer. */

/** This browser's viewer id. It stays the same at every visit, so that a viewer has one vote. */
function viewer() {
  const kept = localStorage.getItem('live-jury-demo-viewer');
  if (kept) return kept;
  // Not `crypto.randomUUID`: the page may be open on plain HTTP.
  const id = `viewer-${Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join('')}`;
  localStorage.setItem('live-jury-demo-viewer', id);
  return id;
}

const jury = document.querySelector('live-jury');
jury.getToken = async () => {
  const answer = await fetch(`/demo/token?room=${jury.getAttribute('room')}`, { method: 'POST', body: viewer() });
  if (!answer.ok) throw new Error(`/demo/token answered ${answer.status}`);
  return answer.text();
};
