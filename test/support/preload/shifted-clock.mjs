// Loaded into a server process (--import): its clock is wrong by CLOCK_SHIFT_MS milliseconds. Monotonic time
// (performance.now, timers) is right, as on a machine whose clock is wrong.
const shift = Number(process.env.CLOCK_SHIFT_MS);
const RealDate = Date;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + shift] : given));
  }
  static now() {
    return RealDate.now() + shift;
  }
};
