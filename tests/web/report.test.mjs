// The HTML report as people use it: in Chromium, by mouse, by keyboard, by address, on paper, and with 10,000 credentials.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { organisation, token } from './organisation.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser;
let small;
let file;
let report;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
  small = organisation(240, '<img src=x onerror=alert(1)>');
  file = small.scan();
  report = JSON.parse(readFileSync(join(small.root, 'report.json'), 'utf8'));
});

after(async () => {
  await browser?.close();
  small?.remove();
});

// A page of the report. Whatever it asks for beyond its file, complains of or throws fails the test.
async function open(hash = '', options = {}, at = file) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.wrong = [];
  page.on('request', (request) => !request.url().startsWith('file://') && page.wrong.push(`asked for ${request.url()}`));
  page.on('console', (message) => page.wrong.push(message.text()));
  page.on('pageerror', (error) => page.wrong.push(error.stack));
  await page.goto(`file://${at}${hash}`);
  await page.waitForFunction(() => document.querySelector('#views a[aria-current]'));
  return page;
}

async function close(page) {
  assert.deepEqual(page.wrong, []);
  await page.close();
}

const rows = (page) => page.locator('main tbody tr:not(.detail)');

describe('what it shows', () => {
  test('coverage comes first, and every figure is the report\'s', async () => {
    const page = await open();
    const text = (await page.locator('main').innerText()).replace(/\s+/g, ' ');
    for (const said of ['1 repository, 2 commits', `${report.findings.length} credentials`, `${report.identities.length} identities`, 'all that was asked for was read']) assert.ok(text.includes(said), `${said}: ${text}`);
    assert.ok(text.indexOf('What the inventory can say') < text.indexOf('Verdicts'));
    for (const verdict of new Set(report.identities.map((i) => i.verdict))) assert.ok(text.includes(verdict), verdict);
    await close(page);
  });

  test('what was counted of several sweeps is told, in figures and as lines', async () => {
    const html = join(small.root, 'sweep.html');
    const night = () => execFileSync(process.env.KEYSWEEP, ['sweep', '--root', '.', '--store', 'sweep.db', '--cache', 'mirrors', '--fail-on', 'never', '-q', '-f', 'html', '-o', html], { cwd: small.root });
    night();
    const alone = await open('', {}, html);
    assert.equal(await alone.locator('h2', { hasText: 'Over time' }).count(), 0, 'one sweep is no course');
    await close(alone);
    night();
    const page = await open('', {}, html);
    const table = page.locator('table', { hasText: '2 sweeps, from' });
    const row = (await table.locator('tbody tr').first().innerText()).split('\t').map((cell) => cell.trim());
    const found = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).findings.length);
    assert.equal(found >= 240, true);
    assert.deepEqual(row.slice(0, 3), ['Credentials', String(found), '0']);
    assert.equal(await table.locator('polyline').count() > 1, true);
    await page.evaluate(axe);
    assert.deepEqual((await page.evaluate(() => window.axe.run())).violations, []);
    await close(page);
  });

  test('a verdict leads to its identities, an identity to its credential, and that to the map', async () => {
    const page = await open();
    await page.locator('main').getByRole('link', { name: 'residue', exact: true }).click();
    const residue = report.identities.filter((i) => i.verdict === 'residue').length;
    assert.ok(residue > 0);
    await page.getByText(`of ${residue} identities`).first().waitFor();
    await rows(page).first().getByRole('button').click();
    await page.locator('tr.detail').getByText('does not know').first().waitFor();
    await page.locator('tr.detail').getByRole('link', { name: 'On the map' }).click();
    await page.getByRole('heading', { name: 'Map' }).waitFor();
    assert.equal(await page.locator('section[aria-label=Identity] li').count(), 1);
    await close(page);
  });

  test('since when a credential is exposed is told in days', async () => {
    const page = await open('#view=findings&where=history');
    const gone = report.findings.filter((f) => !f.in_head).length;
    assert.ok(gone > 0);
    await page.getByText(`of ${gone} credentials`).first().waitFor();
    assert.ok((await rows(page).first().innerText()).includes('2026-01-10 to 2026-05-10, 120 days'));
    await close(page);
  });

  test('the lines around a credential are shown, with nothing of the value', async () => {
    const page = await open('#view=findings&where=head');
    await rows(page).first().getByRole('button').click();
    const lines = page.getByRole('region', { name: /^Lines around / });
    await lines.waitFor();
    const marked = await lines.locator('mark').innerText();
    assert.ok(report.findings.some((f) => f.secret.redacted === marked), marked);
    assert.ok((await lines.innerText()).split('\n').some((line) => line.includes(marked) && line.length > marked.length));
    await page.evaluate(axe);
    assert.deepEqual((await page.evaluate(() => window.axe.run())).violations, []);
    await close(page);
  });

  test('no value is in it unless asked for', async () => {
    const held = readFileSync(file, 'utf8');
    assert.equal(report.findings.length, 241);
    assert.ok(!held.includes(token()) && !held.includes(token().slice(8)), 'the token stands in the report');
    assert.ok(readFileSync(small.scan('--redact', 'none'), 'utf8').includes(token()));
    small.scan();
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test('what a repository says is text, never markup', async () => {
    for (const view of ['findings', 'map']) {
      const page = await open(`#view=${view}&q=onerror`);
      await page.getByText('team-<img src=x onerror=alert(1)>').first().waitFor();
      assert.equal(await page.locator('main script, main img').count(), 0);
      await close(page);
    }
  });

  test('nothing else can run or be loaded', async () => {
    const page = await open();
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    const ran = await page.evaluate(async () => {
      const blocked = [];
      addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      const image = document.createElement('img');
      image.src = 'https://example.org/x.png';
      document.body.append(image);
      await fetch('https://example.org/').catch(() => {});
      await new Promise((done) => { setTimeout(done, 200); });
      return { ran: window.ran === true, blocked };
    });
    assert.equal(ran.ran, false);
    assert.deepEqual([...new Set(ran.blocked)].sort(), ['connect-src', 'img-src', 'script-src-elem']);
    await page.close();
  });
});

describe('filters', () => {
  test('live in the address, and the address shows the same again', async () => {
    const page = await open('#view=identities');
    await page.getByRole('searchbox').fill('team-7');
    await page.waitForFunction(() => location.hash.includes('q=team-7'));
    await page.getByRole('button', { name: /^residue/ }).click();
    await page.getByLabel('Provider').selectOption('aws');
    const told = await page.locator('.pages').first().innerText();
    const again = await open(new URL(page.url()).hash);
    assert.equal(await again.locator('.pages').first().innerText(), told);
    assert.equal(await again.getByRole('searchbox').inputValue(), 'team-7');
    assert.equal(await again.getByRole('button', { name: /^residue/ }).getAttribute('aria-pressed'), 'true');
    const expected = report.identities.filter((i) => i.verdict === 'residue' && report.findings.some((f) => f.identity === i.id && f.locations.some((l) => l.path.startsWith('team-7/'))));
    assert.ok(expected.length > 0);
    assert.equal(await rows(again).count(), expected.length);
    await close(page);
    await close(again);
  });

  test('going back goes to the view before', async () => {
    const page = await open();
    await page.getByRole('link', { name: 'Credentials', exact: true }).click();
    await page.getByRole('heading', { name: 'Credentials' }).waitFor();
    await page.goBack();
    await page.getByText('all that was asked for was read').waitFor();
    await close(page);
  });

  test('pages hold a hundred, and paper all', async () => {
    const page = await open('#view=findings');
    assert.equal(await rows(page).count(), 100);
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.getByText('101 to 200 of 241').first().waitFor();
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    assert.equal(await rows(page).count(), 241);
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    assert.equal(await rows(page).count(), 100);
    assert.ok((await page.pdf()).length > 1000);
    await close(page);
  });

  test('an address that makes no sense shows the report all the same', async () => {
    for (const hash of ['#view=nowhere', '#page=-3&view=findings', '#view=findings&page=99999', '#view=identities&verdict=what&flag=%00', '#%%%']) {
      const page = await open(hash);
      assert.ok((await page.locator('main').innerText()).length > 50, hash);
      await close(page);
    }
  });
});

describe('by keyboard', () => {
  test('all is reached, and the focus stays where it was', async () => {
    const page = await open('#view=identities');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the report');
    await page.keyboard.press('/');
    await page.keyboard.type('service-1');
    await page.waitForFunction(() => location.hash.includes('q=service-1'));
    assert.equal(await page.evaluate(() => document.activeElement.name), 'q');
    const first = rows(page).first().getByRole('button');
    await first.focus();
    await page.keyboard.press('Enter');
    assert.equal(await first.getAttribute('aria-expanded'), 'true');
    assert.ok(await first.evaluate((button) => button === document.activeElement));
    await page.keyboard.press('Space');
    assert.equal(await first.getAttribute('aria-expanded'), 'false');
    await close(page);
  });

  test('the map shows what belongs to a node, and Escape brings all back', async () => {
    const page = await open('#view=map');
    const all = await page.locator('.map li').count();
    const owner = page.locator('section[aria-label=Owner] button', { hasText: 'kim@example.org' });
    await owner.focus();
    assert.ok(await page.locator('.map li button.on').count() > 1);
    await page.keyboard.press('Enter');
    const alone = await page.locator('.map li').count();
    assert.ok(alone > 1 && alone < all, `${alone} of ${all}`);
    assert.equal(await page.locator('section[aria-label=Owner] li').count(), 1);
    await page.waitForFunction(() => document.querySelectorAll('.map path').length > 0);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.map li').count(), all);
    await close(page);
  });
});

describe('for everybody', () => {
  for (const scheme of ['light', 'dark']) {
    for (const view of ['overview', 'identities', 'findings', 'map']) {
      test(`axe finds nothing in ${view}, ${scheme}`, async () => {
        const page = await open(`#view=${view}`, { colorScheme: scheme });
        if (view === 'identities' || view === 'findings') await rows(page).first().getByRole('button').click();
        // By the debugging protocol, which the page's policy does not bind.
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
        assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`), []);
        await close(page);
      });
    }
  }

  test('nothing is cut off on a narrow screen', async () => {
    for (const view of ['overview', 'identities', 'findings']) {
      const page = await open(`#view=${view}`, { viewport: { width: 360, height: 740 } });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `${view} is ${wide} wide`);
      await close(page);
    }
  });

  test('without scripts it says what was found', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`file://${file}`);
    assert.ok((await page.locator('main').innerText()).includes('241 credentials found in code'));
    await page.close();
  });
});

test('10,000 credentials and 2,000 nodes are there to be used', async (t) => {
  const large = organisation(10_000);
  try {
    const at = large.scan();
    const begin = performance.now();
    const page = await open('#view=findings', {}, at);
    await rows(page).nth(99).waitFor();
    t.diagnostic(`${(statSync(at).size / 1e6).toFixed(1)} MB, first hundred rows after ${Math.round(performance.now() - begin)} ms`);
    await page.getByText('of 10,001 credentials').first().waitFor();
    const typed = performance.now();
    await page.getByRole('searchbox').fill('service-399');
    await page.getByText('of 25 credentials').first().waitFor();
    t.diagnostic(`a search after ${Math.round(performance.now() - typed)} ms`);
    const drawn = performance.now();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll('.map path').length > 1000);
    t.diagnostic(`the map after ${Math.round(performance.now() - drawn)} ms`);
    const nodes = await page.locator('.map li').count();
    assert.ok(nodes > 1500 && nodes <= 2000, `${nodes} nodes`);
    const boxes = await page.locator('section[aria-label=Identity] li button').evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map((box) => [box.top, box.bottom]));
    assert.ok(boxes.every(([top], i) => i === 0 || top >= boxes[i - 1][1]), 'nodes lie over one another');
    await close(page);
  } finally {
    large.remove();
  }
});
