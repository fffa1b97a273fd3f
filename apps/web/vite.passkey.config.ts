import { oneFile } from './vite.shared.js';

/** The passkey button of `<qr-login passkey>`: only pages with that attribute load it. */
const file = oneFile('passkey.js', { entry: 'src/component/passkey.ts', formats: ['es'] });

export default { ...file, build: { ...file.build, rolldownOptions: { output: { codeSplitting: false } } } };
