// Types of <live-jury> for TypeScript: the element, its attributes, its events and their details.

export type JuryTheme = 'auto' | 'light' | 'dark' | 'transparent';

export type JuryLang = 'en' | 'zh-CN';
export type JuryMode = 'frame' | 'inline';

/** The element's attributes; only `room` is required. */
export interface JuryAttributes {
  room: string;
  /** The origin of the jury's server; the loader's origin by default. */
  server?: string;
  lang?: JuryLang;
  theme?: JuryTheme;
  mode?: JuryMode;
  /** Keys of the server's log that the viewer's device believes, with a blank between. */
  'log-key'?: string;
  /** Whom and what a viewer's report is about. The page may change them while the widget runs. */
  merchant?: string;
  host?: string;
  product?: string;
}

/** Returns the viewer's token (a JWT). */
export type JuryTokenSource = () => string | Promise<string>;

export interface LiveJuryElement extends HTMLElement {
  /** Called at start and before a token ends. */
  getToken: JuryTokenSource;
}

/** A value of a newer server that this version of the widget does not know. */
export type JuryUnknown = 'unknown';

export type JuryRefusal =
  | JuryUnknown
  | 'unknown_case' | 'not_a_juror' | 'anonymous' | 'not_open' | 'closed' | 'unknown_option' | 'recused'
  | 'account_too_new' | 'already_voted' | 'busy' | 'unavailable';

export interface JuryVerdict {
  outcome: 'decided' | 'hung' | 'no_quorum' | 'void' | JuryUnknown;
  /** The option that won, if one did. */
  option: string | null;
  reason: string | null;
  /** Ballots by option; left out of a void case. */
  counts?: Record<string, number>;
  ballots: number;
  decided_at_ms: number;
}

export interface JuryErrorDetail {
  code:
    | 'no_token' | 'token_rejected' | 'token_too_long' | 'not_allowed' | 'replaced' | 'ended' | 'protocol'
    | 'bad_address' | 'bad_room' | 'bad_server' | 'no_webassembly' | 'frame_blocked'
    | 'inline_failed' | 'start_failed' | 'origin_not_allowed';
  /** The fix, for the developer. */
  message: string;
}

/** No event carries the viewer's own choice. Counts are present only if this viewer may see them. */
export interface LiveJuryEventMap {
  'jury:ready': CustomEvent<{ role: 'viewer' | 'moderator' | 'host' | 'overlay' | JuryUnknown }>;
  'jury:connection': CustomEvent<{ state: 'connecting' | 'live' | 'lost' | 'failed' }>;
  'jury:case-opened': CustomEvent<{ case: string; title: string; closes_at_ms: number | null }>;
  'jury:vote-accepted': CustomEvent<{ case: string; status: 'counted' | 'duplicate' | 'changed' | JuryUnknown }>;
  'jury:vote-refused': CustomEvent<{ case: string; reason: JuryRefusal }>;
  'jury:tally': CustomEvent<{
    case: string; epoch: number; rev: number; ballots: number; counts?: Record<string, number>;
  }>;
  'jury:verdict': CustomEvent<{
    case: string; title: string; verdict: JuryVerdict | null; remedy: string | null;
    closed_by: 'deadline' | 'moderator' | JuryUnknown | null;
  }>;
  'jury:checked': CustomEvent<{ case: string; ok: boolean }>;
  'jury:error': CustomEvent<JuryErrorDetail>;
}

declare global {
  interface HTMLElementTagNameMap {
    'live-jury': LiveJuryElement;
  }
  interface HTMLElementEventMap extends LiveJuryEventMap {}
}
