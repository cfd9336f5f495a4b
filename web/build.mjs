// Builds everything a browser runs into `dist/`: `npm run build`, or `npm run build -- widget`.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist/`;

/** The browsers of the last two years or so; none of them needs a polyfill. */
const target = ['chrome111', 'firefox114', 'safari16.4'];

const parts = { loader, widget: () => app('widget'), console: () => app('console'), demo };

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!(name in parts)) {
    throw new Error(`no part is called ${name}: ${Object.keys(parts).join(', ')}`);
  }
}
if (wanted.length === 0) await rm(dist, { recursive: true, force: true });
for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) await parts[name]();
await compress();

/** One classic script without globals but its own: it runs inside other people's pages. */
async function loader() {
  await build({
    configFile: false,
    root: here,
    logLevel: 'warn',
    build: {
      target,
      outDir: dist,
      emptyOutDir: false,
      lib: {
        entry: `${here}loader/main.ts`,
        formats: ['iife'],
        name: 'SalottoLoader',
        fileName: () => 'loader.js',
      },
    },
  });
}

/** A page with hashed assets and nothing inline, so that a strict CSP holds. */
async function app(name) {
  await build({
    configFile: false,
    root: `${here}${name}`,
    base: `/${name}/`,
    logLevel: 'warn',
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: {
      target,
      outDir: `${dist}${name}`,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}

async function demo() {
  await rm(`${dist}demo`, { recursive: true, force: true });
  await cp(`${here}demo`, `${dist}demo`, { recursive: true });
}

/** The node sends these as they are: the work is done once, here, and done well. */
async function compress() {
  for (const file of await readdir(dist, { recursive: true })) {
    if (!/\.(js|css|svg)$/.test(file)) continue;
    const path = join(dist, file);
    const bytes = await readFile(path);
    await writeFile(`${path}.br`, brotliCompressSync(bytes));
    await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}
