// The protocol's numbers and close codes that a client needs; docs/protocol.md owns them.

export const BACKOFF_MIN_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
export const RECAST_JITTER_MAX_MS = 2_000;
export const SILENCE_MAX_MS = 90_000;
export const PRESENCE_INTERVAL_MS = 2_000;
export const SUBPROTOCOL = 'jury.v1.json';

export const CLOSE_NORMAL = 1000;
export const CLOSE_TOO_LARGE = 1009;
export const CLOSE_TOKEN_INVALID = 4501;
export const CLOSE_NOT_ALLOWED = 4503;
export const CLOSE_REPLACED = 4510;

/** Whether a client may come back as it is after this close. */
export const mayReturn = (code) => code !== CLOSE_NORMAL && code !== CLOSE_TOO_LARGE && (code < 4500 || code > 4999);

/** Refusals after which the same cast may be sent again. */
export const isPassing = (reason) => reason === 'busy' || reason === 'unavailable';

export const isLive = (state) => state === 'open' || state === 'sealed';
export const isOver = (state) => state === 'decided' || state === 'void';
