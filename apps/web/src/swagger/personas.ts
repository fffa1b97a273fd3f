import type { OpenTicket, ScanResult, SignIn, TicketStatus, Tokens } from '@scan-login/client';

export type Who = 'screen' | 'phone';

/** What a persona knows. What it does not know, its calls lack. */
export interface Persona {
  deviceId: string;
  uuid?: string;
  secret?: string;
  status?: string;
  /** The digits that the screen shows. The phone knows them because its person reads them. */
  number?: number;
  scanToken?: string;
  accessToken?: string;
  refreshToken?: string;
  displayName?: string;
}

/** Ids as in the examples of the API. */
const AT_FIRST: Record<Who, Persona> = { screen: { deviceId: 'screen-1' }, phone: { deviceId: 'phone-1' } };

/** The screen and the phone of one login in one page: what each of them knows, and which of them acts. */
export class Personas {
  who: Who = 'phone';
  private known = AT_FIRST;

  of(who: Who): Persona {
    return this.known[who];
  }

  get acting(): Persona {
    return this.known[this.who];
  }

  /** Takes from a successful call what its caller knows after it. */
  learn(operationId: string, sent: unknown, received: unknown): void {
    switch (operationId) {
      case 'openTicket': {
        const { uuid, secret, status } = received as { uuid: string; secret: string; status: string };
        const { device } = sent as OpenTicket;
        this.add('screen', { deviceId: device.id, uuid, secret, status, number: undefined });
        this.add('phone', { uuid, scanToken: undefined, number: undefined });
        break;
      }
      case 'getTicketStatus': {
        const { status, number } = received as TicketStatus;
        this.add('screen', { status, number });
        this.add('phone', { number });
        break;
      }
      case 'scanTicket':
        this.add('phone', { scanToken: (received as ScanResult).scanToken });
        break;
      case 'confirmTicket':
      case 'denyTicket':
        this.add('phone', { scanToken: undefined, number: undefined });
        break;
      case 'cancelTicket':
        this.add('screen', { status: 'cancelled', number: undefined });
        break;
      case 'redeemTicket':
        this.add('screen', { status: 'redeemed', number: undefined, ...signedIn(received as Tokens) });
        break;
      case 'signIn': {
        const { device } = sent as SignIn;
        this.add(device.type === 'phone' ? 'phone' : 'screen', {
          deviceId: device.id,
          ...signedIn(received as Tokens),
        });
        break;
      }
      case 'refreshTokens':
        this.add(this.who, signedIn(received as Tokens));
        break;
      case 'signOut':
        this.add(this.who, SIGNED_OUT);
    }
  }

  private add(who: Who, facts: Partial<Persona>): void {
    this.known = { ...this.known, [who]: { ...this.known[who], ...facts } };
  }
}

const SIGNED_OUT = { accessToken: undefined, refreshToken: undefined, displayName: undefined };

function signedIn({ accessToken, refreshToken, account }: Tokens): Partial<Persona> {
  return { accessToken, refreshToken, displayName: account.displayName };
}
