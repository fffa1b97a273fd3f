import { dictionary } from '@zxcvbn-ts/language-common';

/** The passwords that are guessed first, in lower case. Shorter ones are refused for their length. */
const COMMON = new Set(dictionary['passwords-common'].filter((password) => password.length >= 8));

/** @see NIST SP 800-63B-4 §3.1.1.2 */
export function isCommon(password: string): boolean {
  return COMMON.has(password.normalize('NFKC').toLowerCase());
}
