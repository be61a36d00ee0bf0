// Starts a page's WebAssembly from the names that the build wrote into the page: a strict policy forbids inline scripts.
// It knows nothing of what it starts, but that the widget's frame has a second half in frame.js.

const script = document.querySelector('script[data-js]');

async function start() {
  const glue = await import(new URL(script.dataset.js, document.baseURI).href);
  await glue.default({ module_or_path: new URL(script.dataset.wasm, document.baseURI).href });
  return glue;
}

const glue = start();
// The build knows which page it is: it puts the frame's half in here, or leaves it out.
if (document.documentElement.dataset.page === 'frame') {
  const { attend } = await import('./frame.js');
  attend(glue);
} else {
  glue.catch((error) => {
    console.error('live-jury: the page could not start. It needs WebAssembly and its own files.', error);
    document.body.dataset.failed = 'start';
  });
}
