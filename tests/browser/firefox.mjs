// Opens pages in Firefox one after the other and tells what they complained of and whether they are
// wider than the window. Given as JSON in the argument: web (folder with node_modules), address,
// cookies by who is asking, pages ({path, as, until}), sizes. Answers with a JSON line for each page.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const asked = JSON.parse(process.argv[2]);
const puppeteer = createRequire(join(asked.web, 'package.json'))('puppeteer-core');

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: asked.firefox,
  headless: true,
  timeout: 60_000,
  extraPrefsFirefox: {
    'geo.enabled': false,
    'intl.accept_languages': 'zh-CN,en',
    'network.proxy.type': 0,
  },
});
try {
  const contexts = {};
  for (const [who, cookie] of Object.entries(asked.cookies)) {
    contexts[who] = await browser.createBrowserContext();
    const { hostname } = new URL(asked.address);
    if (cookie) await contexts[who].setCookie({ ...cookie, domain: hostname, path: '/' });
  }
  for (const { path, as, until } of asked.pages) {
    for (const [width, height] of asked.sizes) {
      const page = await contexts[as].newPage();
      const complaints = [];
      page.on('pageerror', (fault) => complaints.push(fault.message));
      page.on('console', (line) => {
        if (line.type() === 'error') complaints.push(line.text());
      });
      page.on('response', (answer) => {
        if (answer.status() >= 400) complaints.push(`${answer.status()} ${answer.url()}`);
      });
      await page.setViewport({ width, height });
      await page.goto(asked.address + path, { waitUntil: 'load', timeout: 60_000 });
      await page.waitForSelector(until, { timeout: 30_000 })
        .catch(() => complaints.push(`there is no ${until}`));
      const [wide, shown] = await page.evaluate(
        () => [document.documentElement.scrollWidth - window.innerWidth, document.body.innerText.length],
      );
      if (asked.pictures) {
        const name = `${path.replaceAll(/\W+/g, '-')}-${width}.png`;
        await page.screenshot({ path: join(asked.pictures, name) });
      }
      console.log(JSON.stringify({ path, width, complaints, wide, shown }));
      await page.close();
    }
  }
} finally {
  await browser.close();
}
