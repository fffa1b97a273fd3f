import { oneFile, withoutIndents } from './vite.shared.js';

/** `<qr-login>` for other people's pages, that runs as a module and as a classic script. */
export default oneFile('qr-login.js', { entry: 'src/component/index.ts', formats: ['iife'], name: 'QrLogin' }, [
  withoutIndents(),
]);
