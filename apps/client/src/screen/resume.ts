import type { OpenedTicket } from '../wire.js';
import { isOpened } from './opened.js';

/** The part of `sessionStorage` that is used. */
export interface TabStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** An opened ticket over a reload of its page. Times are in milliseconds since 1970. */
export interface KeptTicket {
  opened: OpenedTicket;
  deviceId: string;
  /** Thumbprint of the key that the ticket is bound to. */
  thumbprint?: string;
  step: 'waiting' | 'scanned' | 'redeeming';
  svg?: string;
  ahead: number;
  until: number;
  /** Null if the code does not rotate. */
  changesAt: number | null;
}

/**
 * Keeps the ticket of a page while that is reloaded. While the page lives, the storage has nothing: it is copied to
 * duplicates of the tab, and two pages must not use one ticket.
 */
export class Resume {
  private readonly name: string;

  constructor(
    private readonly storage: TabStorage,
    server: string,
  ) {
    this.name = `scan-login.ticket ${server}`;
  }

  put(kept: KeptTicket): void {
    try {
      this.storage.setItem(this.name, JSON.stringify(kept));
    } catch {
      // then the next page opens a new ticket
    }
  }

  /** @returns nothing if there is none, or one that is not whole, as another version may have stored it */
  take(): KeptTicket | undefined {
    try {
      const text = this.storage.getItem(this.name);
      this.storage.removeItem(this.name);
      const kept = JSON.parse(text!) as KeptTicket;
      if (isOpened(kept.opened)) return kept;
    } catch {
      // there is none, or it is not even an object
    }
    return undefined;
  }
}
