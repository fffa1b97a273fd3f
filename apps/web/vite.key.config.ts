import { oneFile } from './vite.shared.js';

/** The code that binds a session to a key of the browser: only pages with bound sessions load it. */
export default oneFile('device-key.js', { entry: 'src/common/device-key.ts', formats: ['es'] });
