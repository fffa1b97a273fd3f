import { oneFile } from './vite.shared.js';

/** What binds a session to a key of the browser: loaded by who wants that. */
export default oneFile('device-key.js', { entry: 'src/common/device-key.ts', formats: ['es'] });
