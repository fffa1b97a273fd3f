import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const hash = promisify<string, Buffer, number, Buffer>(scrypt);

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('hex')}:${(await hash(password, salt, 32)).toString('hex')}`;
}

/** Takes the same time where there is no hash to compare with. */
export async function isPassword(password: string, stored = NONE): Promise<boolean> {
  const [salt = '', expected = ''] = stored.split(':');
  const actual = await hash(password, Buffer.from(salt, 'hex'), 32);
  return timingSafeEqual(actual, Buffer.from(expected, 'hex')) && stored !== NONE;
}

const NONE = `${'00'.repeat(16)}:${'00'.repeat(32)}`;
