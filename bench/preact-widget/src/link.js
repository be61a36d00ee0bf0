// Which addresses of people's evidence become links and pictures; it never loads one.

const LOCAL = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d*)?([/?#]|$)/;

/** Whether an origin or address is `http:` to this machine. */
export const isLocal = (url) => LOCAL.test(url);

/** The address, if it may be followed: `https:`, or, where the server itself is local, `http:` to this machine. */
export function safeLink(url, serverIsLocal) {
  if (!url || /[\s\p{Cc}\\]/u.test(url)) return null;
  return /^https:\/\/./i.test(url) || (serverIsLocal && isLocal(url)) ? url : null;
}

/** The host of an address, for a person to see where a link leads. */
export const hostOf = (url) => url.replace(/^[^:]*:\/\//, '').split(/[/?#]/)[0].split('@').at(-1);
