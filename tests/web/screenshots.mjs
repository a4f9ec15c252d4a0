// Pictures of the HTML report for the documentation: `KEYSWEEP=... node screenshots.mjs FOLDER`.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { organisation } from './organisation.mjs';

const folder = process.argv[2];
const made = organisation(60);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const file = made.scan();
  for (const [name, hash, colorScheme] of [['report-overview', '#view=overview', 'light'], ['report-credentials', '#view=findings', 'dark'], ['report-map', '#view=map&verdict=ungoverned,governed', 'light']]) {
    const page = await browser.newPage({ viewport: { width: 1200, height: 760 }, colorScheme });
    await page.goto(`file://${file}${hash}`);
    await page.waitForSelector('main h2');
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
} finally {
  await browser.close();
  made.remove();
}
