// Owns: "something changed" between server instances: what a signal is, and its kinds.
// Does not own: what or what to do about it; see qr (the bell) and token (the keys).
// May import: common.
export { Signal, type Topic } from './signal.js';
export { makeSignal, SignalModule } from './signal.module.js';
export { SignalOptions } from './signal.options.js';
