import { ConfigurableModuleBuilder } from '@nestjs/common';

/** All times in seconds. */
export interface QrOptions {
  /** Where phones and screens reach the server; without a slash at the end. Asked for each link that is made. */
  publicUrl: () => string;
  /** Longest hold of a status call. */
  hold: number;
  /** Life of a ticket that nobody scans. */
  ticketLife: number;
  /** Time to decide after a scan. */
  decideWithin: number;
  /** Age at which deciding ends, however often it is scanned again. */
  decideUntil: number;
  /** Time to redeem after the confirm. */
  redeemWithin: number;
  /** For how long a redeem whose answer got lost may be repeated. */
  redeemRepeat: number;
  /** `number`: the phone's person types two digits that the screen shows after the scan. */
  confirmChallenge: 'off' | 'number';
  /** How often the tickets with held polls are read again, all at once, in case a ring got lost. */
  rereadEvery: number;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: QR_OPTIONS } = new ConfigurableModuleBuilder<QrOptions>()
  .setClassMethodName('forRoot')
  .build();
