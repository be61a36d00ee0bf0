// A browser with a phone's screen, a slower processor and a mobile line, and the counters of its page.
// It knows nothing of the widget but how a page with a votable form looks.

import { readFileSync } from 'node:fs';

import { launch, openPage, widgetOf } from '../../tests/browser/harness.mjs';

// A mid-range phone on 4G: page-speed tools use these figures.
export const CPU_SLOWDOWN = 4;
export const LINE = { down_kbit_s: 1_600, up_kbit_s: 750, latency_ms: 150 };
const SCREEN = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const BYTES_PER_KBIT = 1_000 / 8;

/** Records in the frame when a votable form was drawn. */
function watchForm() {
  if (location.pathname !== '/embed/v1/frame') return;
  const look = () => {
    const votable = ['.lj-ballot input[type=radio]:enabled', '.lj-ballot [type=submit]'];
    if (!votable.every((selector) => document.querySelector(selector))) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (window.votableAtMs = performance.timeOrigin + performance.now())));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true, attributes: true });
}

/**
 * Starts a browser with empty caches and one page: `page`, `widget`, `requests`, and the page's counters. Without a
 * line the network is the machine's own.
 */
export async function startPhone(line = LINE) {
  const browser = await launch();
  const page = await openPage(browser, SCREEN);
  await page.addInitScript(watchForm);
  const devtools = await page.context().newCDPSession(page);
  const ask = (method, params) => devtools.send(method, params);
  const requests = await listen(devtools);
  await ask('Performance.enable');
  if (line) {
    await ask('Network.emulateNetworkConditions', {
      offline: false,
      latency: line.latency_ms,
      downloadThroughput: line.down_kbit_s * BYTES_PER_KBIT,
      uploadThroughput: line.up_kbit_s * BYTES_PER_KBIT,
    });
  }
  await ask('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  return {
    version: browser.version(),
    page,
    widget: widgetOf(page),
    requests,
    /** Seconds of the page's main thread since its start: in total, in scripts, and in styles with layout. */
    async busy() {
      const { metrics } = await ask('Performance.getMetrics');
      const of = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
      return { task: of.TaskDuration, script: of.ScriptDuration, layout: of.LayoutDuration + of.RecalcStyleDuration };
    },
    /** Bytes of memory: JavaScript heap, WebAssembly memory, and the private memory of the page's process. */
    async memory() {
      await ask('HeapProfiler.enable');
      await ask('HeapProfiler.collectGarbage');
      const { usedSize: script } = await ask('Runtime.getHeapUsage');
      return { script, wasm: await wasmMemory(devtools), process: await processMemory(browser) };
    },
    stop: () => browser.close(),
  };
}

/** Records each fetch: its path, when it was requested, when it was complete, and its bytes on the wire. */
async function listen(devtools) {
  const requests = new Map();
  devtools.on('Network.requestWillBeSent', ({ requestId, request, timestamp }) => {
    if (request.url.startsWith('http')) requests.set(requestId, { url: new URL(request.url), from: timestamp });
  });
  devtools.on('Network.responseReceived', ({ requestId, response: { mimeType, protocol } }) =>
    Object.assign(requests.get(requestId) ?? {}, { mime: mimeType, protocol }));
  devtools.on('Network.loadingFinished', ({ requestId, timestamp, encodedDataLength }) =>
    Object.assign(requests.get(requestId) ?? {}, { to: timestamp, bytes: encodedDataLength }));
  await devtools.send('Network.enable');
  return requests;
}

/** Bytes of all WebAssembly memories in the frame. */
async function wasmMemory(devtools) {
  const contexts = [];
  const record = ({ context }) => contexts.push(context);
  devtools.on('Runtime.executionContextCreated', record);
  // This also reports the contexts that exist already.
  await devtools.send('Runtime.enable');
  let bytes = 0;
  for (const { id } of contexts.filter(({ auxData }) => auxData.isDefault)) {
    const of = { expression: 'WebAssembly.Memory.prototype', contextId: id };
    const { result } = await devtools.send('Runtime.evaluate', of);
    const { objects } = await devtools.send('Runtime.queryObjects', { prototypeObjectId: result.objectId });
    const summed = await devtools.send('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }',
    });
    bytes += summed.result.value;
  }
  return bytes;
}

/** Private bytes of the page's process. */
async function processMemory(browser) {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  // The busiest one is the page's: a browser keeps a spare process.
  const { id } = renderers.reduce((busiest, other) => (other.cpuTime > busiest.cpuTime ? other : busiest));
  const rollup = readFileSync(`/proc/${id}/smaps_rollup`, 'utf8');
  const kib = [...rollup.matchAll(/^Private_(?:Clean|Dirty): *(\d+) kB$/gm)].map(([, kib]) => Number(kib));
  return kib.reduce((sum, part) => sum + part, 0) * 1024;
}
