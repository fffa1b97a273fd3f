import type { ErrorCode, SignedIn, TicketStatus } from '@scan-login/client';

/** What `<qr-login>` tells its page. None of these events bubbles. */
export interface QrLoginEventMap {
  /** A phone has scanned the code, and its person decides. */
  scanned: CustomEvent<{ account?: TicketStatus['account'] }>;
  /** The screen is signed in. The tokens are given to listeners of the element alone, and kept nowhere. */
  login: CustomEvent<Pick<SignedIn, 'tokens' | 'deviceId' | 'key'>>;
  /** The person has said no on the phone. */
  denied: CustomEvent<Record<string, never>>;
  /** A code has expired; `renewing`: whether a new one follows by itself. */
  expired: CustomEvent<{ renewing: boolean }>;
  /** A call has failed. It is repeated where that may help. `status` is 0 where there was no response. */
  error: CustomEvent<{ code: ErrorCode; status: number }>;
}

/** An element whose events are typed. */
export interface TypedElement extends HTMLElement {
  addEventListener<Type extends keyof QrLoginEventMap>(
    type: Type,
    listener: Listener<Type>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof QrLoginEventMap>(
    type: Type,
    listener: Listener<Type>,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

type Listener<Type extends keyof QrLoginEventMap> = (this: HTMLElement, event: QrLoginEventMap[Type]) => void;
