import { html, type TemplateResult } from 'lit';

/** Accounts and devices have no longer names here; those of others may. */
const TOO_LONG = /^(.{64}).+$/u;
/** Of a name that is a claim: a longer one would have room for a sentence of its own. */
const TOO_LONG_A_CLAIM = /^(.{40}).+$/u;
/** They would end the quotation around them. */
const QUOTATION_MARKS = /["“”„‟«»‹›「」『』〝〞〟＂｢｣❝❞]/g;
/** Any number of accents can stand on one letter, and cover the lines above it. */
const PILED_UP = /(\p{M}{3})\p{M}+/gu;

/** A name that comes from elsewhere, on one line of ours: it covers no other, and turns none around. */
export function shownName(name: string): string {
  const line = name.normalize('NFC').replaceAll(/[\p{Cc}\p{Z}\p{Bidi_Control}]+/gu, ' ');
  return line.replace(PILED_UP, '$1').trim().replace(TOO_LONG, '$1…');
}

/** The same for a name that stands between quotation marks, because it is a claim: it cannot end them. */
export function claimedName(name: string): string {
  return shownName(name).replace(QUOTATION_MARKS, "'").replace(TOO_LONG_A_CLAIM, '$1…');
}

/** A sentence of ours around a name that comes from elsewhere, whose direction changes nothing outside of it. */
export function around(sentence: (name: string) => string, name: string): TemplateResult {
  const [before, after] = sentence('\n').split('\n');
  return html`${before}<bdi>${shownName(name)}</bdi>${after}`;
}
