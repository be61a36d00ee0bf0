// The pages of a demo, and how each shows that it is ready to be looked at.

import { widgetOf } from './harness.mjs';

/** A small phone and a desktop. */
export const SIZES = {
  360: { width: 360, height: 740 },
  1280: { width: 1280, height: 800 },
};

/** The surfaces of the demo: name, address, and `ready(page)`. */
export function surfaces(demo) {
  const text = (pattern) => (page) => page.getByText(pattern).first().waitFor();
  return [
    { name: 'room', url: demo.viewer, ready: (page) => widgetOf(page).getByRole('radio').first().waitFor() },
    { name: 'room-zh', url: `${demo.viewer}?lang=zh-CN`, ready: (page) => widgetOf(page).getByRole('radio').first().waitFor() },
    { name: 'console', url: demo.moderator, ready: text(/silk/i) },
    { name: 'host', url: demo.host, ready: text(/silk/i) },
    { name: 'overlay', url: demo.overlay, ready: text(/silk/i) },
  ];
}
