import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

/**
 * Lays beside `qr-login.js` the same under a name with its version, which never changes, and `qr-login.json`: that name and
 * the hash that pages can hold it to.
 * @see https://www.w3.org/TR/SRI/
 */
export function versioned(version: string): Plugin {
  return {
    name: 'versioned',
    apply: 'build',
    generateBundle: {
      // once the script is what it will be
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
