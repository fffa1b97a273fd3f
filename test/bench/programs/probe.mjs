// Loaded before every measured program, ours and the references alike: reports where it listens, what it uses, and
// where its time goes. It costs nothing until it is asked.
import inspector from 'node:inspector';
import net from 'node:net';
import { answers } from '../support/answering.mjs';

const listen = Reflect.get(net.Server.prototype, 'listen');
net.Server.prototype.listen = function listenAndTell(...args) {
  this.once('listening', () => {
    const address = this.address();
    if (typeof address === 'object') process.send?.({ event: 'listening', port: address?.port });
  });
  return listen.apply(this, args);
};

const session = new inspector.Session();
session.connect();

/** @param {string} method */
function inspect(method, parameters = {}) {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

answers({
  /** Memory in use after garbage collection, in bytes. */
  async memory() {
    for (let turn = 0; turn < 3; turn += 1) await inspect('HeapProfiler.collectGarbage');
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external };
  },
  /** Processor time so far, in milliseconds. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  async startProfile() {
    await inspect('Profiler.enable');
    await inspect('Profiler.setSamplingInterval', { interval: 200 });
    await inspect('Profiler.start');
  },
  async stopProfile() {
    const { profile } = await inspect('Profiler.stop');
    return profile;
  },
});
