// A phone, as far as a browser on a desk can be one: its screen, a slower processor, a mobile line; and what it counts.

import { readFileSync } from 'node:fs';

import { launch, openPage, widgetOf } from '../../tests/browser/harness.mjs';

// A middling phone on 4G, by the figures that page-speed tools agree on.
export const CPU_SLOWDOWN = 4;
export const LINE = { down_kbit_s: 1_600, up_kbit_s: 750, latency_ms: 150 };
const SCREEN = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const BYTES_PER_KBIT = 1_000 / 8;

/** Notes in the frame when a vote can be cast and has been drawn so. */
function watchForm() {
  if (location.pathname !== '/embed/v1/frame') return;
  const look = () => {
    if (!document.querySelector('.lj-ballot input[type=radio]:enabled') || !document.querySelector('.lj-ballot [type=submit]')) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (window.votableAtMs = performance.timeOrigin + performance.now())));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true, attributes: true });
}

/** A browser with nothing in its caches, and one page in it: `page`, `widget`, `requests`, and what can be asked of it. */
export async function startPhone() {
  const browser = await launch();
  const page = await openPage(browser, SCREEN);
  await page.addInitScript(watchForm);
  const devtools = await page.context().newCDPSession(page);
  const ask = (method, params) => devtools.send(method, params);
  const requests = await listen(devtools);
  await ask('Performance.enable');
  await ask('Network.emulateNetworkConditions', {
    offline: false,
    latency: LINE.latency_ms,
    downloadThroughput: LINE.down_kbit_s * BYTES_PER_KBIT,
    uploadThroughput: LINE.up_kbit_s * BYTES_PER_KBIT,
  });
  await ask('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  return {
    version: browser.version(),
    page,
    widget: widgetOf(page),
    requests,
    /** Seconds of the page's main thread since it began: all of it, scripts, and styles with layout. */
    async busy() {
      const { metrics } = await ask('Performance.getMetrics');
      const of = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
      return { task: of.TaskDuration, script: of.ScriptDuration, layout: of.LayoutDuration + of.RecalcStyleDuration };
    },
    /** Bytes of memory: what the widget's JavaScript and WebAssembly hold, and what the page's process has to itself. */
    async memory() {
      await ask('HeapProfiler.enable');
      await ask('HeapProfiler.collectGarbage');
      const { usedSize: script } = await ask('Runtime.getHeapUsage');
      return { script, wasm: await wasmMemory(devtools), process: await processMemory(browser) };
    },
    stop: () => browser.close(),
  };
}

/** Keeps what is fetched: path, when it was asked for, when it was all there, and its bytes on the wire. */
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
  const note = ({ context }) => contexts.push(context);
  devtools.on('Runtime.executionContextCreated', note);
  // Tells of those that are there already.
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

/** Bytes that the page's process shares with no other. */
async function processMemory(browser) {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  // The one that has worked: a browser keeps another ready.
  const { id } = renderers.reduce((busiest, other) => (other.cpuTime > busiest.cpuTime ? other : busiest));
  const rollup = readFileSync(`/proc/${id}/smaps_rollup`, 'utf8');
  const kib = [...rollup.matchAll(/^Private_(?:Clean|Dirty): *(\d+) kB$/gm)].map(([, kib]) => Number(kib));
  return kib.reduce((sum, part) => sum + part, 0) * 1024;
}
