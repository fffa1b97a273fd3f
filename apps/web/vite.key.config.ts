import path from 'node:path';
import { defineConfig } from 'vite';
import { BROWSERS, compressed } from './vite.shared.js';

/** What binds a session to a key of the browser: one module of a stable name, loaded by who wants that. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    ...BROWSERS,
    outDir: path.join(import.meta.dirname, '../../dist/web/assets'),
    emptyOutDir: false,
    lib: {
      entry: path.join(import.meta.dirname, 'src/common/device-key.ts'),
      formats: ['es'],
      fileName: () => 'device-key.js',
    },
  },
  plugins: [compressed()],
});
