// Questions to a program of a measurement from the process that started it, over the channel between the two.

/** @type {Map<string, (args: any) => unknown>} */
const tasks = new Map();

/**
 * Answers these questions from now on, beside those that were given before.
 * @param {Record<string, (args: any) => unknown>} more
 */
export function answers(more) {
  for (const [name, task] of Object.entries(more)) tasks.set(name, task);
}

/** Reports that a program which does not listen is ready for questions. */
export function ready() {
  process.send?.({ event: 'ready' });
}

/** @param {{ id: number, name: string, args: unknown }} question */
async function response({ id, name, args }) {
  try {
    const task = tasks.get(name);
    if (!task) throw new Error(`no answer for the question "${name}"`);
    process.send?.({ id, result: await task(args) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.stack : String(error) });
  }
}

process.on('message', (question) => void response(question));
// the parent is gone: exit, and leave nothing behind
process.on('disconnect', () => process.exit());
