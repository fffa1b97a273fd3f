import { html, nothing, type TemplateResult } from 'lit-html';
import { firstLetter } from '../common/first-letter.js';
import { timeLeft } from './countdown.js';
import type { Account, View } from './login.js';
import type { Messages } from './messages.js';

interface Card {
  view: View;
  isOffline: boolean;
  /** The seconds at the start of the countdown. */
  secondsAtFirst: number;
  /** Starts again with a new code. */
  start: () => void;
}

/** The content of the element. */
export function card(shown: Card, messages: Messages): TemplateResult {
  const { view, isOffline, start } = shown;
  return html`
    <section part="card" data-at=${view.at} ?data-offline=${isOffline} lang=${messages.tag}>
      <slot name="heading"><h2 part="heading">${messages.heading}</h2></slot>
      <div part="plate">${middle(view, messages, start)}</div>
      <p part="status" role="status">${isOffline ? messages.offline : caption(view, messages)}</p>
      <div part="below">${below(shown, messages)}</div>
      <slot name="footer"></slot>
    </section>
  `;
}

function caption({ at, number, why, account }: View, messages: Messages): string {
  if (at === 'asking') return messages.asking(account?.displayName ?? '');
  if (number !== undefined) return messages.number;
  return why === 'session_limit_reached' ? messages[why] : messages[at];
}

function below({ view, secondsAtFirst, start }: Card, messages: Messages): TemplateResult {
  const { at, qrUrl, secondsLeft, goOn } = view;
  return html`
    ${secondsLeft ? countdown(secondsLeft(), secondsAtFirst, messages) : nothing}
    ${at === 'waiting' ? html`<a part="link" href=${qrUrl} target="_blank" rel="noopener noreferrer">${messages.link}</a>` : nothing}
    ${
      at === 'scanned' || goOn
        ? html`<div>
            <button part=${goOn ? 'button' : 'link'} @click=${start}>${messages.another}</button>
            ${goOn ? html`<button part="button" @click=${goOn}>${messages.goOn}</button>` : nothing}
          </div>`
        : nothing
    }
  `;
}

function countdown(left: number, atFirst: number, messages: Messages): TemplateResult {
  // a presentation attribute, because a page's Content-Security-Policy may forbid style attributes
  return html`
    <svg part="countdown" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="1" class="track" />
      <rect width=${(left * 100) / atFirst} height="1" class="left" />
    </svg>
    <p part="time" aria-hidden="true">${timeLeft(left, messages)}</p>
  `;
}

/** The content of the square: the code, or, in the same size, the state after it. */
function middle(view: View, messages: Messages, start: () => void): TemplateResult {
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
    <button part="button" @click=${start}>${messages.again}</button>
  `;
}

function person({ displayName, avatarUrl }: Account, name: string): TemplateResult {
  const initial = firstLetter(displayName);
  // the letter is behind the picture, and remains if the picture cannot be loaded
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
