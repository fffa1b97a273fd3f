// Loaded into a server process (--import): on SIGUSR2 it collects its garbage and prints the size of its heap.
import v8 from 'node:v8';
import vm from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');
process.on('SIGUSR2', () => {
  gc();
  // the second round collects what finalizers released in the first
  setImmediate(() => {
    gc();
    process.stdout.write(`{"event":"heap","used":${process.memoryUsage().heapUsed}}\n`);
  });
});
