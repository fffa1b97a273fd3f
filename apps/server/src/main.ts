import { runCommand } from './cli/commands.js';

await runCommand(process.argv.slice(2));
