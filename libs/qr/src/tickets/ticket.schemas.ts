import { PlainText } from '@scan-login/nest/common';
import {
  Assertion,
  OwnScreen,
  ScreenType,
  Tokens,
  VerificationOptions,
  WantsCookie,
} from '@scan-login/nest/device-auth';
import { z } from 'zod';
import { NETWORKS } from './network.js';
import { REASONS } from './risk.js';
import { DENY_REASONS, TICKET_STATUSES } from './ticket.moves.js';

export const OpenTicket = z
  .strictObject({
    device: OwnScreen,
    keyThumbprint: z
      .string()
      .regex(/^[\w-]{43}$/, 'Must be the SHA-256 thumbprint of a key in base64url, 43 characters')
      .optional()
      .describe('Of the key that the screen will prove when it redeems the ticket (RFC 7638). The QR code names it'),
    rotates: z
      .boolean()
      .optional()
      .describe('The link has a code that changes: the screen fetches each one. A photograph of it is soon outdated'),
  })
  .meta({ id: 'OpenTicket', examples: [{ device: { id: 'screen-1', type: 'web', name: 'Office PC' } }] });
export type OpenTicket = z.infer<typeof OpenTicket>;

const Seconds = z.int().nonnegative();
const RotatesIn = Seconds.describe('Seconds until the code in the link changes');

export const OpenedTicket = z
  .object({
    uuid: z.uuid().describe('Public: it is in the QR code'),
    secret: z.string().describe('Known to this screen alone; needed to wait and to redeem'),
    qrUrl: z
      .url()
      .describe('The content of the QR code; has the key of the screen and the present code in its fragment'),
    qrImageUrl: z.url(),
    rotatesIn: RotatesIn.optional(),
    status: z.literal('pending'),
    expiresAt: z.iso.datetime(),
    expiresIn: Seconds,
    holdFor: Seconds.describe('The longest time that a status call is held'),
  })
  .meta({
    id: 'OpenedTicket',
    examples: [
      {
        uuid: '3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46',
        secret: 'Zr8vTn3qLw6yXc1bKd5fGh9jMp2sQu7aEo4iUt0RzYk',
        qrUrl: 'https://login.example.org/l/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46',
        qrImageUrl: 'https://login.example.org/v1/tickets/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46/qr.svg',
        status: 'pending',
        expiresAt: '2026-11-21T12:02:00.000Z',
        expiresIn: 120,
        holdFor: 25,
      },
    ],
  });
export type OpenedTicket = z.infer<typeof OpenedTicket>;

const Wait = z
  .string()
  .regex(/^\d{1,6}$/, 'Must be whole seconds')
  .transform(Number)
  .optional()
  .describe('Seconds to hold the response at most; by default the configured hold, which is also the maximum');

export const TicketCode = OpenedTicket.pick({ qrUrl: true, qrImageUrl: true, expiresIn: true })
  .extend({ rotatesIn: RotatesIn })
  .meta({
    id: 'TicketCode',
    examples: [
      {
        qrUrl: 'https://login.example.org/l/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46#c=q3Zt_1Yx',
        qrImageUrl: 'https://login.example.org/v1/tickets/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46/qr.svg?code=q3Zt_1Yx',
        expiresIn: 88,
        rotatesIn: 28,
      },
    ],
  });
export type TicketCode = z.infer<typeof TicketCode>;

/** The form is not checked: a wrong code is outdated. */
const Code = PlainText.pipe(z.string().max(64)).optional();

export const PictureQuery = z.object({ code: Code.describe('The code of a link that rotates') });
export type PictureQuery = z.infer<typeof PictureQuery>;

/** The body of a scan may be left out. */
export const Scan = z
  .strictObject({ code: Code.describe('The code in the link that was scanned, if it has one') })
  .meta({ id: 'Scan', examples: [{}, { code: 'q3Zt_1Yx' }] })
  .nullish();
export type Scan = z.infer<typeof Scan>;

export const StatusQuery = z.object({
  known: z.enum(TICKET_STATUSES).default('pending').describe('The response is held while the ticket has this status'),
  wait: Wait,
});
export type StatusQuery = z.infer<typeof StatusQuery>;

/** The classic codes of scan logins. They are in the body, because the HTTP status is always 200. */
export const STATUS_CODES = { nothingYet: 408, scanned: 201, confirmed: 200, over: 400 } as const;

/** The account that scanned, as its screen sees it. */
const ScanningAccount = z
  .object({
    displayName: z.string(),
    avatarUrl: z.string().nullable(),
    knownHere: z
      .boolean()
      .describe(
        'Whether this account was signed in on this device in the last 90 days. If not, ask “Continue as …?” before redeeming: a stranger may have scanned the code',
      ),
  })
  .meta({ id: 'ScanningAccount' });

export const StatusView = z
  .object({
    code: z.literal(Object.values(STATUS_CODES)).describe('408 nothing new, 201 scanned, 200 confirmed, 400 over'),
    status: z.enum(TICKET_STATUSES),
    expiresIn: Seconds,
    account: ScanningAccount.optional().describe(
      'The account that scanned; nothing more is told before the login is complete',
    ),
    number: z.int().optional().describe('Two digits to show: the user types them on the phone'),
    reason: z
      .enum(DENY_REASONS)
      .optional()
      .describe('Why it was denied: the user declined, said that it was not them, or typed three wrong numbers'),
  })
  .meta({
    id: 'TicketStatus',
    examples: [
      {
        code: 201,
        status: 'scanned',
        expiresIn: 58,
        account: { displayName: 'Ada Lovelace', avatarUrl: null, knownHere: true },
      },
    ],
  });
export type StatusView = z.infer<typeof StatusView>;

/** The screen that asks, as the phone sees it. */
const ScreenView = z
  .object({
    type: ScreenType,
    name: z.string().nullable().describe('The name that the screen gave itself: a claim, to be shown as such'),
    browser: z.string().nullable().describe('A known browser, from the User-Agent header'),
    os: z.string().nullable().describe('A known system, from the same header'),
    ip: z
      .string()
      .describe(
        'The address if the phone is in the same network, or its account was signed in on this screen before; otherwise the network, such as 192.0.2.0/24',
      ),
    openedAt: z.iso.datetime().describe('When the screen opened the ticket'),
    network: z
      .enum(NETWORKS)
      .describe('Whether screen and phone seem to be in the same network; `unknown` if their addresses do not tell'),
    key: z
      .string()
      .nullable()
      .describe(
        "Thumbprint of the screen's key. Its first 22 characters must be those in the link that was scanned: if not, the code is not this screen's",
      ),
    place: z.string().nullable().describe('Where its address is, in English: a hint'),
    known: z.boolean().describe('Whether this account was signed in on this screen in the last 90 days'),
  })
  .meta({ id: 'Screen' });

const Requirements = z
  .object({
    number: z.boolean().describe('Whether confirm needs the number that the screen shows'),
    verification: z.boolean().describe('Whether confirm needs a passkey of the account'),
    reasons: z
      .array(z.enum(REASONS))
      .describe(
        'Why more than a tap is asked for. `new_screen`: the account was not signed in there with that key; `screen_without_key`; `different_network` and `unknown_network`: between screen and phone; `new_place`: the screen is elsewhere than at its last sign-in; `always`: everyone is asked',
      ),
  })
  .meta({ id: 'Requirements' });

export const ScanResult = z
  .object({
    scanToken: z.string().describe('Needed to confirm or deny; valid once, and only for this phone'),
    expiresIn: Seconds.describe('Seconds left to decide'),
    screen: ScreenView,
    requires: Requirements,
    verification: VerificationOptions.optional().describe(
      'What a passkey must sign for this confirm; left out if none is needed, or the account has none',
    ),
  })
  .meta({
    id: 'ScanResult',
    examples: [
      {
        scanToken: 'w5Jx8Nq1Vb4Ry7Ts0Lz3Kd6Fh9Gm2Pc5Xa8Eo1Iu4Wt',
        expiresIn: 60,
        screen: {
          type: 'web',
          name: 'Office PC',
          browser: 'Firefox 145',
          os: 'Windows 11',
          ip: '192.0.2.17',
          openedAt: '2026-11-21T12:00:00.000Z',
          network: 'same',
          key: null,
          place: 'Berlin, Germany',
          known: false,
        },
        requires: { number: true, verification: false, reasons: ['new_screen'] },
      },
    ],
  });
export type ScanResult = z.infer<typeof ScanResult>;

export const OutcomeQuery = z.object({ wait: Wait });
export type OutcomeQuery = z.infer<typeof OutcomeQuery>;

export const Outcome = z
  .object({
    status: z
      .enum(TICKET_STATUSES)
      .exclude(['pending', 'scanned'])
      .describe(
        '`redeemed`: the screen is signed in. `confirmed`: not yet. `cancelled`, `expired`: the screen went away, or was too late',
      ),
    expiresIn: Seconds.describe('Seconds in which a confirmed ticket may be redeemed'),
  })
  .meta({ id: 'Outcome', examples: [{ status: 'redeemed', expiresIn: 0 }] });
export type Outcome = z.infer<typeof Outcome>;

/** The form is not checked: a wrong token gets `scan_token_invalid`, not `invalid_request`. */
const ScanToken = PlainText.pipe(z.string().max(4096));

/** A number, or the text that the user typed. */
const ShownNumber = z.union([
  z.int().min(0).max(99),
  z
    .string()
    .regex(/^\d{2}$/, 'Must be two digits')
    .transform(Number),
]);

export const Confirm = z
  .strictObject({
    scanToken: ScanToken,
    number: ShownNumber.optional().describe(
      'The two digits that the screen shows, if the scan returned `requires.number`',
    ),
    assertion: Assertion.optional().describe('What a passkey signed, if the scan returned `requires.verification`'),
  })
  .meta({ id: 'Confirm', examples: [{ scanToken: 'the one of your last scan' }] });
export type Confirm = z.infer<typeof Confirm>;

export const Deny = z
  .strictObject({ scanToken: ScanToken, reason: z.enum(DENY_REASONS).exclude(['wrong_number']).default('declined') })
  .meta({ id: 'Deny', examples: [{ scanToken: 'the one of your last scan', reason: 'not_me' }] });
export type Deny = z.infer<typeof Deny>;

/** The body of a redeem may be left out. */
export const Redeem = z
  .strictObject({
    refreshCookie: WantsCookie,
    tokenType: Tokens.shape.tokenType
      .optional()
      .describe(
        '`Bearer`: the tokens are not bound to the proven key. `DPoP`: they are, and a proof is required. By default, they are bound if there is a proof',
      ),
  })
  .meta({ id: 'Redeem', examples: [{}] })
  .nullish();
export type Redeem = z.infer<typeof Redeem>;
