import type { ErrorCode, Over, SignedIn, TicketStatus } from '@scan-login/client';

/** The events of `<qr-login>`. They do not bubble. */
export interface QrLoginEventMap {
  /** A phone has scanned the code, and its user decides. */
  scanned: CustomEvent<{ account?: TicketStatus['account'] }>;
  /** The screen is signed in. Only listeners of the element get the tokens, and they are stored nowhere. */
  login: CustomEvent<Pick<SignedIn, 'tokens' | 'deviceId' | 'key'>>;
  /** The screen was refused on the phone. */
  denied: CustomEvent<Pick<Over, 'reason'>>;
  /** A code has expired; `renewing`: whether a new one follows by itself. */
  expired: CustomEvent<{ renewing: boolean }>;
  /** A call has failed. It is retried if that may help. `status` is 0 if there was no response. */
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
