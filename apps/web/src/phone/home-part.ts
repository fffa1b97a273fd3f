import type { ScanLoginError } from '@scan-login/client';
import type { Language } from '../common/language.js';
import { shownName } from '../common/names.js';
import { OneAtATime } from './one-at-a-time.js';

interface Device {
  type: string | null;
  name: string | null;
  browser: string | null;
  os: string | null;
}

/** A list that its user can change: one thing at a time, and it says how that went. Fires `changed`. */
export abstract class HomePart extends OneAtATime {
  static override properties = { ...OneAtATime.properties, language: { attribute: false } };

  declare language: Language;

  /** @param said afterwards, if it went well */
  protected async change(work: () => Promise<void>, said: string): Promise<void> {
    if (this.isBusy) return;
    await this.attempt(async () => {
      await work();
      this.said = said;
      this.querySelector<HTMLElement>('h2')?.focus();
    });
    this.dispatchEvent(new CustomEvent('changed'));
  }

  protected override problemOf({ status }: ScanLoginError): string {
    return status === 401 ? '' : this.messages.problems[status === 0 ? 'offline' : 'other']!;
  }

  protected titleOf({ type, name, browser }: Device): string {
    return (name && shownName(name)) || browser || this.typeOf(type);
  }

  protected typeOf(type: string | null): string {
    return this.messages.types[type ?? ''] ?? this.messages.unknown;
  }

  /** What the title does not say. */
  protected detailsOf(device: Device, ...more: (string | null)[]): string {
    const { type, name, browser, os } = device;
    return [type && this.typeOf(type), name ? browser : null, os, ...more].filter(Boolean).join(' · ');
  }

  protected ago(time: string): string {
    const minutes = Math.round((Date.now() - new Date(time).getTime()) / 60_000);
    if (minutes < 2) return this.messages.now;
    const ago = new Intl.RelativeTimeFormat(this.language, { numeric: 'auto' });
    if (minutes < 60) return ago.format(-minutes, 'minute');
    return minutes < 1440
      ? ago.format(-Math.round(minutes / 60), 'hour')
      : ago.format(-Math.round(minutes / 1440), 'day');
  }
}
