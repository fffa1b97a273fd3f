import { count, optionsProvider, seconds } from '@scan-login/nest/common';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions, UserVerification } from '@scan-login/nest/device-auth';
import { ConfigurableModuleBuilder, type FactoryProvider, Logger } from '@nestjs/common';
import { z } from 'zod';
import { linkFragment, type LinkParts } from './tickets/link-parts.js';

export const QrOptions = z.strictObject({
  ticketUrl: z
    .custom<(uuid: string, parts: LinkParts) => string>((given) => typeof given === 'function', 'Must be a function')
    .optional()
    .describe(
      "The content of a ticket's QR code: the address of the page, or of the app, that the phone opens, with the parts where that one reads them; publicUrl/l/{uuid} with linkFragment(parts) by default",
    ),
  hold: seconds(25, 300, 'Longest hold of a status call'),
  ticketLife: seconds(120, 3600, 'Life of a ticket that is not scanned'),
  decideWithin: seconds(60, 3600, 'Time to decide after a scan'),
  decideUntil: seconds(180, 7200, 'Age of a ticket at which the time to decide ends, even if it is scanned again'),
  redeemWithin: seconds(60, 3600, 'Time to redeem after the confirm'),
  redeemRepeat: seconds(60, 600, 'Time in which a redeem may be repeated if its response got lost'),
  confirmChallenge: z
    .enum(['auto', 'number', 'off'])
    .default('auto')
    .describe(
      'When the screen shows two digits after the scan, which the user types on the phone; three wrong tries end the ticket. `auto`: only for a reason, such as a new screen, one without a key, or one in another network than the phone. `number`: always. `off`: never',
    ),
  codeRotates: count(30, [10, 600], 'Time after which the code in a link that rotates changes, in seconds'),
  codeOverlap: count(
    10,
    [0, 60],
    'How long such a code may still be scanned after it has changed, in seconds; at most as long as it was shown',
  ),
  confirmVerify: z
    .enum(['off', 'auto', 'always'])
    .default('off')
    .describe(
      'When a confirm needs a passkey. `auto`: for a reason, as with the number, if the account has one. `always`: of all, so that accounts without one cannot confirm. `off`: never',
    ),
  rereadEvery: seconds(4, 60, 'How often all tickets with held polls are read again, in case a ring got lost'),
});
/** With the options that come from `DeviceAuthModule`. */
export type QrOptions = Required<z.output<typeof QrOptions>> & Pick<DeviceAuthOptions, 'publicUrl' | 'isProxy'>;

export const QR_OPTIONS = Symbol('QrOptions');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<z.input<typeof QrOptions>>()
  .setClassMethodName('forRoot')
  .build();
export { ConfigurableModuleClass };

const GIVEN = Symbol('QrOptions without those of DeviceAuthModule');
export const givenOptions = optionsProvider('QrModule', GIVEN, QrOptions, MODULE_OPTIONS_TOKEN);

export const qrOptions: FactoryProvider<QrOptions> = {
  provide: QR_OPTIONS,
  inject: [GIVEN, DEVICE_AUTH_OPTIONS, { token: UserVerification, optional: true }],
  useFactory: (
    given: z.output<typeof QrOptions>,
    { publicUrl, isProxy }: DeviceAuthOptions,
    verification?: UserVerification,
  ) => {
    if (given.confirmVerify !== 'off' && !verification) throw new Error(NO_VERIFICATION);
    const { ticketUrl = (uuid: string, parts: LinkParts) => `${publicUrl()}/l/${uuid}${linkFragment(parts)}` } = given;
    if (!given.ticketUrl) logger.warn(NO_TICKET_URL);
    return { ...given, ticketUrl, publicUrl, isProxy };
  },
};

const logger = new Logger('QrModule');
const NO_VERIFICATION =
  'QrModule with confirmVerify needs PasskeysModule: add PasskeysModule.forRoot(…) of @scan-login/nest/passkeys to your imports';
const NO_TICKET_URL =
  'The QR codes lead to /l/{uuid} at publicUrl, where QrModule serves no page: set its option ticketUrl to the address of yours';
