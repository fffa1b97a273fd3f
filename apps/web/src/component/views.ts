import { html, nothing, type TemplateResult } from 'lit-html';
import { firstLetter } from '../common/first-letter.js';
import type { Account, View } from './login.js';
import type { Messages } from './messages.js';

/** What stands in the square: the code, or in its place, and of its size, whatever came of it. */
export function middle(view: View, messages: Messages, again: () => void): TemplateResult {
  const { at, picture, account, number } = view;
  if (at === 'waiting') {
    return html`<svg
      part="code"
      viewBox=${picture!.viewBox}
      role="img"
      aria-label=${messages.code}
      shape-rendering="crispEdges"
    >
      <path d=${picture!.path} stroke="#000" />
    </svg>`;
  }
  if (at === 'opening') return html`<span class="spinner"></span>`;
  if (['scanned', 'asking', 'confirmed', 'done'].includes(at)) {
    return html`
      ${account ? person(account, at === 'asking' ? account.displayName : messages.hello(account.displayName)) : nothing}
      ${number !== undefined ? html`<output part="number">${number}</output>` : nothing}
      ${at === 'scanned' || at === 'asking' ? nothing : sign('good', 'M7 12.5l3.5 3.5L17 9')}
    `;
  }
  return html`
    ${at === 'denied' ? sign('bad', 'M8 8l8 8M16 8l-8 8') : sign('dim', at === 'expired' ? 'M12 6.5v6l3.5 2' : 'M12 6.5v7m0 3v.1')}
    <button part="button" @click=${again}>${messages.again}</button>
  `;
}

function person({ displayName, avatarUrl }: Account, name: string): TemplateResult {
  const initial = firstLetter(displayName);
  // the letter stands behind the picture, and is what remains if that cannot be had
  return html`<span part="avatar" aria-hidden="true">
      ${initial}${avatarUrl ? html`<img src=${avatarUrl} alt="" referrerpolicy="no-referrer" @error=${(event: Event) => (event.target as HTMLElement).remove()} />` : nothing}
    </span>
    <strong part="name">${name}</strong>`;
}

function sign(kind: string, path: string): TemplateResult {
  return html`<svg class="sign ${kind}" viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="11" />
    <path d=${path} />
  </svg>`;
}
