import { PlainText } from '@scan-login/nest/common';
import { z } from 'zod';

/** A password that somebody types to be checked: any that could ever have been set. */
export const GivenPassword = PlainText.pipe(z.string().max(256, 'Must have at most 256 characters'));

export const AccountView = z
  .object({
    id: z.string(),
    username: z.string().optional(),
    displayName: z.string(),
    avatarUrl: z.string().nullable(),
  })
  .meta({ id: 'Account' });
export type AccountView = z.infer<typeof AccountView>;
