import type { FactoryProvider } from '@nestjs/common';
import { z } from 'zod';

/** The secret that keys are derived from. */
export const Secret = z.string().min(32, 'Must have at least 32 characters');

/** A duration: whole seconds, from one up to `most`. */
export function seconds(fallback: number, most: number, what: string) {
  return z.int().min(1).max(most).default(fallback).describe(`${what}, in seconds`);
}

/** A number of things. @param what says what 0 means, if it is allowed */
export function count(fallback: number, [least, most]: [number, number], what: string) {
  return z.int().min(least).max(most).default(fallback).describe(what);
}

/** A URL without a trailing slash, or a function, for a URL that is known only once the application listens. */
export const PublicUrl = z
  .union(
    [
      z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
      z.custom<() => string>((given) => typeof given === 'function'),
    ],
    'Must be an http or https URL, or a function that returns one',
  )
  .transform((given) => (typeof given === 'function' ? given : () => given))
  .describe('Where browsers and phones reach the application');

/** Whether an address belongs to a proxy. Such an address says nothing about a client's network. */
export const IsProxy = z
  .custom<(ip: string) => boolean>((given) => typeof given === 'function', 'Must be a function')
  .default(() => () => false)
  .describe('Whether an address is that of a proxy, and so of no client');

/**
 * Provides the options of a module: validated, and with every default filled in.
 * @param token what the module's services inject
 * @param given the token of the options as given to `forRoot` or `forRootAsync`
 * @throws Error naming the module and each invalid option, when the application starts
 */
export function optionsProvider(
  module: string,
  token: symbol,
  schema: z.ZodType,
  given: symbol | string,
): FactoryProvider {
  return {
    provide: token,
    inject: [given],
    useFactory: (options: unknown) => {
      const result = schema.safeParse(options ?? {});
      if (result.success) return result.data;
      const errors = result.error.issues.map(({ path, message }) => `\n  ${path.join('.') || 'options'}: ${message}`);
      throw new Error(`The options of ${module} cannot be used:${errors.join('')}`);
    },
  };
}
