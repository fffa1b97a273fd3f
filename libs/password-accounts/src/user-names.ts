import { PlainText } from '@scan-login/nest/common';
import { keyOf } from '@scan-login/nest/device-auth';
import unhomoglyph from 'unhomoglyph';
import { z } from 'zod';

/**
 * Scripts that may be mixed in a name: those of one writing system, or Latin with Chinese, Japanese or Korean. This is
 * the level "Highly Restrictive", for the scripts that are recommended for identifiers.
 * @see UTS 39 §5.2; UAX 31 table 5
 */
const WRITING = `
  Latin Han Hiragana Katakana, Latin Han Bopomofo, Latin Han Hangul,
  Arabic, Armenian, Bengali, Cyrillic, Devanagari, Ethiopic, Georgian, Greek, Gujarati, Gurmukhi, Hebrew, Kannada, Khmer,
  Lao, Malayalam, Myanmar, Oriya, Sinhala, Tamil, Telugu, Thaana, Thai, Tibetan`;

const TOGETHER = WRITING.split(',').map((scripts) => {
  const members = `Common Inherited ${scripts}`.trim().split(/\s+/);
  return new RegExp(`^[${members.map((script) => `\\p{Script_Extensions=${script}}`).join('')}]*$`, 'u');
});

const CHARACTERS = /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{Mn}\p{Mc}\p{Nd}._@+-])*$/u;
/** A mark that follows no letter, a mark twice, or more than four of them. @see UTS 39 §5.4 */
const BAD_MARKS = /(?<![\p{L}\p{M}\p{Nd}])\p{M}|(\p{Mn})\1|\p{Mn}{5}/u;

/**
 * A user name for a new account. It may be in any language, but must not be easy to mistake for another.
 * @see UTS 39
 */
export const NewUserName = PlainText.pipe(
  z
    .string()
    .regex(/^[\p{L}\p{M}\p{N}._@+-]{2,64}$/u, first('Must be 2 to 64 letters, digits or any of . _ @ + -'))
    .refine((name) => CHARACTERS.test(keyOf(name)), first('Must not have invisible characters or symbols'))
    .refine((name) => !BAD_MARKS.test(name.normalize('NFD')), first('Must have marks on letters only, four at most'))
    .refine(
      (name) => partsOf(keyOf(name)).every(isOfOneScript),
      first('Must not mix scripts, such as Latin and Cyrillic'),
    )
    .refine((name) => hasDigitsOfOneKind(keyOf(name)), first('Must not mix digits of different scripts')),
);

/** Reports one error only: the others would follow from it. */
function first(error: string) {
  return { error, abort: true };
}

/**
 * What a user name looks like: the same for names that are easily confused. Only for comparison, never to be shown.
 * @see UTS 39 §4
 */
export function skeletonOf(username: string): string {
  return unhomoglyph(keyOf(username).normalize('NFD')).normalize('NFD').toLowerCase();
}

/** In `иван@example.org`, the name and each part of the host are checked separately. @see UTS 39 §3.3 */
function partsOf(name: string): string[] {
  const [local, ...hosts] = name.split('@');
  return [local!, ...hosts.flatMap((host) => host.split('.'))];
}

function isOfOneScript(part: string): boolean {
  return TOGETHER.some((scripts) => scripts.test(part));
}

/** @see UTS 39 §5.3 */
function hasDigitsOfOneKind(name: string): boolean {
  return new Set(Array.from(name.match(/\p{Nd}/gu) ?? [], zeroOf)).size <= 1;
}

/** The zero of the digit's script: the ten digits of a script are consecutive. */
function zeroOf(digit: string): number {
  let zero = digit.codePointAt(0)!;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return zero;
}
