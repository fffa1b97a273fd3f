import { firstLetter } from '../common/first-letter.js';
import { timeLeft } from './countdown.js';
import { type Child, h } from './dom.js';
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

/** Pictures of accounts that could not be loaded. */
const broken = new Set<string>();

/** The content of the element. */
export function card(shown: Card, messages: Messages): Element {
  const { view, isOffline, start } = shown;
  return h(
    'section',
    { part: 'card', 'data-at': view.at, 'data-offline': isOffline, lang: messages.tag },
    h('slot', { name: 'heading' }, h('h2', { part: 'heading' }, messages.heading)),
    h('div', { part: 'plate' }, ...middle(view, messages, start)),
    h('p', { part: 'status', role: 'status' }, ...(isOffline ? [messages.offline] : caption(view, messages))),
    h('div', { part: 'passkey' }),
    h('div', { part: 'below' }, ...below(shown, messages)),
    h('slot', { name: 'footer' }),
  );
}

function caption({ at, number, why, account }: View, messages: Messages): Child[] {
  if (at === 'asking') return around(messages.asking, account?.displayName ?? '');
  if (number !== undefined) return [messages.number];
  return [messages.because[why ?? ''] ?? messages[at]];
}

/** A sentence with a foreign name, whose text direction does not affect the sentence. */
function around(sentence: (name: string) => string, name: string): Child[] {
  const [before, after] = sentence('\n').split('\n');
  return [before, h('bdi', {}, name), after];
}

function below({ view, secondsAtFirst, start }: Card, messages: Messages): Child[] {
  const { at, qrUrl, secondsLeft, goOn } = view;
  return [
    ...(secondsLeft ? countdown(secondsLeft(), secondsAtFirst, messages) : []),
    at === 'waiting' &&
      h('a', { part: 'link', href: qrUrl, target: '_blank', rel: 'noopener noreferrer' }, messages.link),
    (at === 'scanned' || goOn) &&
      h('div', {}, button(messages.another, start, goOn ? 'button' : 'link'), goOn && button(messages.goOn, goOn)),
  ];
}

function button(text: string, onclick: () => void, part = 'button'): Element {
  return h('button', { part, onclick }, text);
}

function countdown(left: number, atFirst: number, messages: Messages): Child[] {
  // a presentation attribute, because a page's Content-Security-Policy may forbid style attributes
  return [
    h(
      'svg',
      { part: 'countdown', viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      h('rect', { width: 100, height: 1, class: 'track' }),
      h('rect', { width: (left * 100) / atFirst, height: 1, class: 'left' }),
    ),
    h('p', { part: 'time', 'aria-hidden': 'true' }, timeLeft(left, messages)),
  ];
}

/** The content of the square: the code, or, in the same size, the state after it. */
function middle(view: View, messages: Messages, start: () => void): Child[] {
  const { at, picture, account, number } = view;
  if (picture) {
    const { viewBox, path } = picture;
    const attributes = { part: 'code', viewBox, role: 'img', 'aria-label': messages.code };
    return [h('svg', { ...attributes, 'shape-rendering': 'crispEdges' }, h('path', { d: path, stroke: '#000' }))];
  }
  if (at === 'opening') return [h('span', { class: 'spinner' })];
  if (['scanned', 'asking', 'confirmed', 'done'].includes(at)) {
    return [
      ...(account ? person(account, at === 'asking' ? (name) => name : messages.hello) : []),
      number !== undefined && h('output', { part: 'number' }, number),
      at !== 'scanned' && at !== 'asking' && sign('good', 'M7 12.5l3.5 3.5L17 9'),
    ];
  }
  return [
    at === 'denied'
      ? sign('bad', 'M8 8l8 8M16 8l-8 8')
      : sign('dim', at === 'expired' ? 'M12 6.5v6l3.5 2' : 'M12 6.5v7m0 3v.1'),
    button(messages.again, start),
  ];
}

function person({ displayName, avatarUrl }: Account, sentence: (name: string) => string): Child[] {
  const src = avatarUrl && !broken.has(avatarUrl) ? avatarUrl : undefined;
  // the letter is behind the picture, and remains if the picture cannot be loaded
  const onerror = ({ target }: Event) => {
    broken.add(src!);
    (target as Element).remove();
  };
  return [
    h(
      'span',
      { part: 'avatar', 'aria-hidden': 'true' },
      firstLetter(displayName),
      src && h('img', { src, alt: '', referrerpolicy: 'no-referrer', onerror }),
    ),
    h('strong', { part: 'name' }, ...around(sentence, displayName)),
  ];
}

function sign(kind: string, path: string): Element {
  return h(
    'svg',
    { class: `sign ${kind}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    h('circle', { cx: 12, cy: 12, r: 11 }),
    h('path', { d: path }),
  );
}
