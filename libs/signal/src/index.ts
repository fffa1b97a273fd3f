// Owns: telling all server instances that something changed: the interface, and its kinds (memory, PostgreSQL, Redis).
// Does not own: how an instance reacts; see qr (the bell), device-auth (the session cache) and token (the keys).
// May import: common.
export { Signal, type Topic } from './signal.js';
export { makeSignal, SignalModule } from './signal.module.js';
export { SignalOptions } from './signal.options.js';
