// Owns: "something changed" between server instances: the interface and its kinds.
// Does not own: what or what to do about it; see qr (the bell) and token (the keys).
// May import: common.
export { Signal, type Topic } from './signal.js';
export { makeSignal, SignalModule, type SignalOptions } from './signal.module.js';
