import path from 'node:path';
import { defineConfig } from 'vite';
import { BROWSERS, compressed, FROM_SOURCE } from './vite.shared.js';

/** The pages: three documents with shared scripts. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  resolve: FROM_SOURCE,
  publicDir: path.join(import.meta.dirname, 'public'),
  build: {
    ...BROWSERS,
    outDir: path.join(import.meta.dirname, '../../dist/web'),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // inline pictures would be data: URLs, which the Content-Security-Policy of our pages forbids
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ['screen.html', 'phone.html', 'not-found.html'].map((page) => path.join(import.meta.dirname, page)),
    },
  },
  plugins: [compressed()],
});
