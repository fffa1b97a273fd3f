import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

/**
 * Writes a copy of `qr-login.js` whose name has the version and whose content never changes, and `qr-login.json` with
 * that name and the hash for `integrity`.
 * @see https://www.w3.org/TR/SRI/
 */
export function versioned(version: string): Plugin {
  return {
    name: 'versioned',
    apply: 'build',
    generateBundle: {
      // after all other plugins have changed the script
      order: 'post',
      handler(_options, bundle) {
        const script = bundle['qr-login.js'];
        if (script?.type !== 'chunk') throw new Error('There is no qr-login.js');
        const file = `qr-login-${version}.js`;
        const integrity = `sha384-${createHash('sha384').update(script.code).digest('base64')}`;
        this.emitFile({ type: 'asset', fileName: file, source: script.code });
        const manifest = `${JSON.stringify({ version, file, integrity }, undefined, 2)}\n`;
        this.emitFile({ type: 'asset', fileName: 'qr-login.json', source: manifest });
      },
    },
  };
}
