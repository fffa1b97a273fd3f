import path from 'node:path';
import { defineConfig } from 'vite';
import { BROWSERS, compressed, withoutIndents } from './vite.shared.js';

/** `<qr-login>` for other people's pages: one file of a stable name, that runs as a module and as a classic script. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    ...BROWSERS,
    outDir: path.join(import.meta.dirname, '../../dist/web/assets'),
    emptyOutDir: false,
    lib: {
      entry: path.join(import.meta.dirname, 'src/component/index.ts'),
      formats: ['iife'],
      name: 'QrLogin',
      fileName: () => 'qr-login.js',
    },
  },
  plugins: [withoutIndents(), compressed()],
});
