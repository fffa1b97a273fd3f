import { PlainText, shownText } from '@scan-login/nest/common';
import { z } from 'zod';
import { isCommon } from './common-passwords.js';
import { NewUserName } from './user-names.js';

/** Length is what counts, and that nobody guesses it first; nothing is asked of the kinds of characters. @see NIST SP 800-63B-4 §3.1.1.2 */
const NewPassword = PlainText.pipe(
  z
    .string()
    .min(8, 'Must have at least 8 characters')
    .max(256, 'Must have at most 256 characters')
    .refine((password) => !isCommon(password), 'Is one of the first that somebody would try: choose another'),
);

/** A password that somebody types to be checked: any that could ever have been set. */
export const GivenPassword = PlainText.pipe(z.string().max(256, 'Must have at most 256 characters'));

export const NewAccount = z
  .strictObject({
    username: NewUserName,
    password: NewPassword,
    displayName: shownText(64).optional().describe('The user name by default'),
  })
  .meta({
    id: 'NewAccount',
    examples: [{ username: 'ada', password: 'correct horse battery staple', displayName: 'Ada Lovelace' }],
  });
export type NewAccount = z.infer<typeof NewAccount>;

export const PasswordChange = z.strictObject({ current: GivenPassword, new: NewPassword }).meta({
  id: 'PasswordChange',
  examples: [{ current: 'correct horse battery staple', new: 'incorrect zebra generator paperclip' }],
});
export type PasswordChange = z.infer<typeof PasswordChange>;

export const AccountView = z
  .object({
    id: z.string(),
    username: z.string().optional(),
    displayName: z.string(),
    avatarUrl: z.string().nullable(),
  })
  .meta({ id: 'Account' });
export type AccountView = z.infer<typeof AccountView>;
