// Takes a picture of every surface of a demo, wide and narrow, light and dark, into target/screenshots/.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { launch, openPage, startDemo } from './harness.mjs';
import { SIZES, surfaces } from './surfaces.mjs';

const folder = fileURLToPath(new URL('../../target/screenshots/', import.meta.url));
mkdirSync(folder, { recursive: true });
const [demo, browser] = await Promise.all([startDemo(), launch()]);
try {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      for (const surface of surfaces(demo)) {
        const page = await openPage(browser, { viewport, colorScheme, reducedMotion: 'reduce' });
        await page.goto(surface.url);
        await surface.ready(page);
        const path = `${folder}${surface.name}-${size}-${colorScheme}.png`;
        await page.screenshot({ path, omitBackground: surface.name === 'overlay' });
        console.log(path);
        await page.context().close();
      }
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
