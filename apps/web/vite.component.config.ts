import type { Plugin } from 'vite';
import packageOfElement from './package.json' with { type: 'json' };
import { oneFile } from './vite.shared.js';
import { versioned } from './vite.versioned.js';

/** `<qr-login>` uses only long polls, so the client's other transport is left out of its file. */
function pollsOnly(): Plugin {
  return {
    name: 'polls-only',
    load: (id) =>
      id.endsWith('/client/src/screen/events.ts') ? `export { Poll as Events } from './poll.js'` : undefined,
  };
}

/** `<qr-login>` for pages of other origins. The file runs as a module and as a classic script. */
export default oneFile('qr-login.js', { entry: 'src/component/index.ts', formats: ['iife'], name: 'QrLogin' }, [
  pollsOnly(),
  versioned(packageOfElement.version),
]);
