// Starts a page's WebAssembly. The build writes the file names into the page, since a strict policy forbids inline
// scripts. It knows nothing of the program, except that the widget's frame also needs frame.js, and the page of saved
// files verify.js.

import { fetched } from './texts.js';

const script = document.querySelector('script[data-js]');

async function start() {
  // Both files load at once; the page names them for preloading as well.
  const program = fetched(new URL(script.dataset.wasm, document.baseURI).href);
  // A failure of the glue is reported in its place.
  program.catch(() => {});
  const glue = await import(new URL(script.dataset.js, document.baseURI).href);
  await glue.default({ module_or_path: program });
  return glue;
}

const glue = start();
// The build knows the page's kind: it includes that page's part here, and leaves the others out.
if (document.documentElement.dataset.page === 'frame') {
  const { startFrame } = await import('./frame.js');
  startFrame(glue, { ...script.dataset, texts: JSON.parse(script.dataset.texts) });
} else if (document.documentElement.dataset.page === 'verify') {
  const { startVerify } = await import('./verify.js');
  startVerify(glue);
} else {
  glue.catch((error) => {
    console.error('live-jury: the page could not start. It needs WebAssembly and its own files.', error);
    document.body.dataset.failed = 'start';
  });
}
