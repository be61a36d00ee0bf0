// The widget as a React component with typed events. The page loads the loader's script in its head.

import { useEffect, useRef } from 'react';

import type { JuryAttributes, JuryTokenSource, LiveJuryElement, LiveJuryEventMap } from '../../public/live-jury';

type Details = { [Name in keyof LiveJuryEventMap]: LiveJuryEventMap[Name]['detail'] };
type Handlers = { [Name in keyof Details]?: (detail: Details[Name]) => void };

const EVENTS: (keyof Details)[] = [
  'jury:ready', 'jury:connection', 'jury:case-opened', 'jury:vote-accepted', 'jury:vote-refused', 'jury:tally',
  'jury:verdict', 'jury:error',
];

interface Props extends JuryAttributes {
  getToken: JuryTokenSource;
  on?: Handlers;
}

export function LiveJury({ getToken, on, ...attributes }: Props) {
  const element = useRef<LiveJuryElement>(null);
  const latest = useRef({ getToken, on });
  useEffect(() => {
    latest.current = { getToken, on };
  });
  useEffect(() => {
    const jury = element.current;
    if (!jury) return;
    // The property is set once: a new function at every render must not restart the widget.
    jury.getToken = () => latest.current.getToken();
    const notify = (event: Event) => {
      const handler = latest.current.on?.[event.type as keyof Details] as ((detail: unknown) => void) | undefined;
      handler?.((event as CustomEvent).detail);
    };
    for (const name of EVENTS) jury.addEventListener(name, notify);
    return () => {
      for (const name of EVENTS) jury.removeEventListener(name, notify);
    };
  }, []);
  return <live-jury ref={element} {...attributes} />;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'live-jury': React.DetailedHTMLProps<React.HTMLAttributes<LiveJuryElement>, LiveJuryElement> & JuryAttributes;
    }
  }
}
