import type { Account } from '@scan-login/client';
import { html, nothing, type TemplateResult } from 'lit';
import { firstLetter } from './first-letter.js';

/** The head of every page. */
export function top(right: TemplateResult): TemplateResult {
  return html`<header class="top">
    <a class="brand" href="/">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <rect x="3" y="3" width="8" height="8" rx="2.2" />
        <path d="M15 3h3.6A2.4 2.4 0 0 1 21 5.4V9M3 15v3.6A2.4 2.4 0 0 0 5.4 21H9M14 17.2l2.6 2.6L21 14.6" />
      </svg>
      scan-login
    </a>
    ${right}
  </header>`;
}

export function avatar({ displayName, avatarUrl }: Pick<Account, 'displayName' | 'avatarUrl'>): TemplateResult {
  const initial = firstLetter(displayName);
  return html`<span class="avatar" aria-hidden="true"
    >${initial}${avatarUrl ? html`<img src=${avatarUrl} alt="" referrerpolicy="no-referrer" @error=${(event: Event) => (event.target as HTMLElement).remove()} />` : nothing}</span
  >`;
}

const SIGNS = {
  done: 'M7 12.5l3.5 3.5L17 9',
  sent: 'M7 12h.1M12 12h.1M17 12h.1',
  bad: 'M8 8l8 8M16 8l-8 8',
  muted: 'M12 6.5v7m0 3v.1',
};

/** A symbol for the outcome, above its text. */
export function sign(kind: keyof typeof SIGNS): TemplateResult {
  return html`<svg class="sign ${kind}" viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="11" />
    <path d=${SIGNS[kind]} />
  </svg>`;
}

/** A list of names and values. */
export function facts(rows: [name: string, value: unknown][]): TemplateResult {
  return html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
