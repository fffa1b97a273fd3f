import { oneFile } from './vite.shared.js';

/** The plugin of Swagger UI, which loads it as a classic script. */
export default oneFile('swagger.js', { entry: 'src/swagger/index.ts', formats: ['iife'], name: 'ScanLoginSwagger' });
