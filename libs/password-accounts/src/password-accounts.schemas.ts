import { PlainText, shownText } from '@scan-login/nest/common';
import { AccountView, GivenPassword } from '@scan-login/nest/device-auth';
import { z } from 'zod';
import { isCommon } from './common-passwords.js';
import { NewUserName } from './user-names.js';

/** It must be long and not common. There are no rules about kinds of characters. @see NIST SP 800-63B-4 §3.1.1.2 */
const NewPassword = PlainText.pipe(
  z
    .string()
    .min(8, 'Must have at least 8 characters')
    .max(256, 'Must have at most 256 characters')
    .refine((password) => !isCommon(password), 'Is a common password: choose another'),
);

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

/** Unlike accounts of other stores, it always has a user name. */
export const PasswordAccountView = AccountView.required().meta({ id: 'PasswordAccount' });

export const PasswordChange = z.strictObject({ current: GivenPassword, new: NewPassword }).meta({
  id: 'PasswordChange',
  examples: [{ current: 'correct horse battery staple', new: 'incorrect zebra generator paperclip' }],
});
export type PasswordChange = z.infer<typeof PasswordChange>;
