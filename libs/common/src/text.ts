import { z } from 'zod';

/** Control characters, characters that change the direction of text, and line and paragraph separators. */
const UNSHOWABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** A visible character: not a space, a joiner, a filler, a mark without a letter, or a blank symbol. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}])[\p{L}\p{N}\p{P}\p{S}]/u;

/** A string that PostgreSQL and every encoder can hold: no NUL, no lone surrogate. */
export const PlainText = z
  .string()
  .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'Must be well-formed text without NUL');

/**
 * Text that other people will read, such as a name. Characters that could disguise it are removed. Text that is too
 * long is refused, because a truncated name could be that of another person.
 * @param most length in UTF-16 units, after cleaning
 */
export function shownText(most: number) {
  return PlainText.transform((text) => text.normalize('NFC').replace(UNSHOWABLE, '').trim()).pipe(
    z.string().regex(VISIBLE, 'Must have a visible character').max(most, `Must be at most ${most} characters`),
  );
}
