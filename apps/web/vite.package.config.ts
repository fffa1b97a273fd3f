import path from 'node:path';
import { defineConfig } from 'vite';
import { BROWSERS } from './vite.shared.js';

const ENTRIES = ['index', 'react', 'vue'];

/** @scan-login/element for npm: its dependencies are not bundled, but installed with it. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    ...BROWSERS,
    outDir: 'dist',
    minify: false,
    lib: {
      entry: Object.fromEntries(
        ENTRIES.map((name) => [`package/${name}`, path.join(import.meta.dirname, `src/package/${name}.ts`)]),
      ),
      formats: ['es'],
    },
    rolldownOptions: {
      external: ['@scan-login/client', '@simplewebauthn/browser', 'lit-html'],
      output: { preserveModules: true, preserveModulesRoot: path.join(import.meta.dirname, 'src') },
    },
  },
});
