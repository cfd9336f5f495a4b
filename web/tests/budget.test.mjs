// What a page pays for a chat: the loader on every page, the widget when it opens; and what an
// agent waits for.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const LOADER_BYTES_MAX = 5 * 1024;
const WIDGET_BYTES_MAX = 45 * 1024;
/** What the desk needs before the first chat can be answered. */
const CONSOLE_BYTES_MAX = 45 * 1024;

const compressions = { gzip: gzipSync, brotli: brotliCompressSync };

for (const [name, compress] of Object.entries(compressions)) {
  // BY-12
  test(`the loader is at most 5 KB as ${name}`, async () => {
    const bytes = compress(await readFile(`${dist}loader.js`)).length;
    assert(bytes <= LOADER_BYTES_MAX, `${bytes} bytes`);
  });

  // BY-12
  test(`the widget is at most 45 KB as ${name} when it opens`, async () => {
    let bytes = compress(await readFile(`${dist}widget/index.html`)).length;
    const assets = await readdir(`${dist}widget/assets`);
    for (const asset of assets.filter((it) => !/\.(br|gz)$/.test(it))) {
      bytes += compress(await readFile(`${dist}widget/assets/${asset}`)).length;
    }
    assert(bytes <= WIDGET_BYTES_MAX, `${bytes} bytes`);
  });
}

test('the console fetches its settings only when somebody looks at them', async () => {
  const html = await readFile(`${dist}console/index.html`, 'utf8');
  let bytes = gzipSync(html).length;
  for (const [, asset] of html.matchAll(/(?:src|href)="\/console\/([^"]+)"/g)) {
    bytes += gzipSync(await readFile(`${dist}console/${asset}`)).length;
  }
  assert(bytes <= CONSOLE_BYTES_MAX, `${bytes} bytes`);
  const assets = await readdir(`${dist}console/assets`);
  const settings = assets.find((it) => /^settings-page-.*\.js$/.test(it));
  assert(settings !== undefined, 'the settings are a file of their own');
  assert(!html.includes(settings));
});

test('the pages have nothing inline, so that a strict content policy holds', async () => {
  for (const page of ['widget/index.html', 'console/index.html']) {
    const html = await readFile(dist + page, 'utf8');
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=/);
  }
});
