import { IsProxy, optionsProvider, PublicUrl, seconds } from '@scan-login/nest/common';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import { z } from 'zod';

export const QrOptions = z.strictObject({
  publicUrl: PublicUrl,
  isProxy: IsProxy,
  hold: seconds(25, 300, 'Longest hold of a status call'),
  ticketLife: seconds(120, 3600, 'Life of a ticket that nobody scans'),
  decideWithin: seconds(60, 3600, 'Time to decide after a scan'),
  decideUntil: seconds(180, 7200, 'Age of a ticket at which deciding ends, however often it is scanned'),
  redeemWithin: seconds(60, 3600, 'Time to redeem after the confirm'),
  redeemRepeat: seconds(60, 600, 'For how long a redeem whose answer got lost may be repeated'),
  confirmChallenge: z
    .enum(['off', 'number'])
    .default('off')
    .describe(
      'With `number`, the person types two digits on the phone that the screen shows after the scan; three wrong ones end the ticket',
    ),
  rereadEvery: seconds(4, 60, 'How often all tickets with held polls are read again, in case a ring got lost'),
});
export type QrOptions = z.output<typeof QrOptions>;

export const QR_OPTIONS = Symbol('QrOptions');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<z.input<typeof QrOptions>>()
  .setClassMethodName('forRoot')
  .build();
export { ConfigurableModuleClass };

export const qrOptions = optionsProvider('QrModule', QR_OPTIONS, QrOptions, MODULE_OPTIONS_TOKEN);
