// Unit tests: every `*.test.ts` beside the module it tests. Browser tests are in `tests/`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  test: {
    include: ['{shared,loader,widget,console}/**/*.test.{ts,tsx}'],
  },
});
