import { html, type TemplateResult } from 'lit';

/** Names from our own tables are not longer; those from other account stores may be. */
const TOO_LONG = /^(.{64}).+$/u;
/** For a name that is a claim: a longer one would have room for a whole sentence. */
const TOO_LONG_A_CLAIM = /^(.{40}).+$/u;
/** They would end the quotation around the name. */
const QUOTATION_MARKS = /["“”„‟«»‹›「」『』〝〞〟＂｢｣❝❞]/g;
/** A letter can have any number of accents, which would cover the lines above. */
const PILED_UP = /(\p{M}{3})\p{M}+/gu;

/** A foreign name, made safe to show in a line: it covers no other line, and changes no text direction. */
export function shownName(name: string): string {
  const line = name.normalize('NFC').replaceAll(/[\p{Cc}\p{Z}\p{Bidi_Control}]+/gu, ' ');
  return line.replace(PILED_UP, '$1').trim().replace(TOO_LONG, '$1…');
}

/** The same for a name that is a claim and is shown in quotation marks: it cannot end them. */
export function claimedName(name: string): string {
  return shownName(name).replace(QUOTATION_MARKS, "'").replace(TOO_LONG_A_CLAIM, '$1…');
}

/** A sentence with a foreign name, whose text direction does not affect the sentence. */
export function around(sentence: (name: string) => string, name: string): TemplateResult {
  const [before, after] = sentence('\n').split('\n');
  return html`${before}<bdi>${shownName(name)}</bdi>${after}`;
}
