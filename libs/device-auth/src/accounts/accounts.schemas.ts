import { PlainText } from '@scan-login/nest/common';
import { z } from 'zod';

/** A password to be checked. Today's rules for new passwords do not apply: it may be older than they are. */
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

/** An account as its devices show it. */
export const AccountSummary = AccountView.omit({ username: true }).meta({ id: 'AccountSummary' });
