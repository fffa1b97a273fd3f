// Loaded into a server process (--import): its clock is wrong by CLOCK_SHIFT_MS milliseconds. What counts time from the
// start of the process (performance.now, timers) is not: that is right on a machine whose clock is wrong.
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
