// Starts a page's WebAssembly from the names that the build wrote into the page: a strict policy forbids inline scripts.
// It knows nothing of what it starts, but that the widget's frame has a second half in frame.js.

const script = document.querySelector('script[data-js]');
const isFrame = document.documentElement.dataset.page === 'frame';

async function start() {
  const glue = await import(new URL(script.dataset.js, document.baseURI).href);
  await glue.default({ module_or_path: new URL(script.dataset.wasm, document.baseURI).href });
  return glue;
}

const glue = start();
if (isFrame) {
  const { attend } = await import(new URL('frame.js', script.src).href);
  attend(glue);
} else {
  glue.catch((error) => {
    console.error('live-jury: the page could not start. It needs WebAssembly and its own files.', error);
    document.body.dataset.failed = 'start';
  });
}
