// Calls the server's routes for reports with the viewer's token; it judges no answer.

// A token ends while the form is open: it is asked for once more.
const ATTEMPTS_MAX = 2;

/** The words of an answer: its `body`, or the `code` of its problem. */
export async function ask(asked, method, path, body) {
  let token = asked.token ?? (await asked.getToken());
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await fetch(`${asked.server}/api/v1${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
        body: body && JSON.stringify(body),
        cache: 'no-store',
      });
      const read = await answer.json();
      if (answer.ok) return { body: read };
      if (answer.status !== 401 || attempt >= ATTEMPTS_MAX) return { code: read.code ?? 'unavailable' };
      token = await asked.getToken();
    } catch {
      return { code: 'unavailable' };
    }
  }
}
