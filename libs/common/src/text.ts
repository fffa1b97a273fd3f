import { z } from 'zod';

/** Control characters, those that turn the direction of the text around them, and separators of lines and paragraphs. */
const UNSHOWABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** A character that leaves ink: not a space, a joiner, a filler, a mark without a letter, or a symbol that is blank. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}])[\p{L}\p{N}\p{P}\p{S}]/u;

/** A string that PostgreSQL and every encoder can hold: no NUL, no lone surrogate. */
export const PlainText = z
  .string()
  .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'Must be well-formed text without NUL');

/**
 * Text that somebody else will read, such as a name: cleaned of what could disguise it, and refused when over-long,
 * because a name cut short could name somebody else.
 * @param most length in UTF-16 units, after cleaning
 */
export function shownText(most: number) {
  return PlainText.transform((text) => text.normalize('NFC').replace(UNSHOWABLE, '').trim()).pipe(
    z.string().regex(VISIBLE, 'Must have a character that can be seen').max(most, `Must be at most ${most} characters`),
  );
}
