/** The result of one check. `message` states a fact, `advice` says what to do. Neither contains a secret. */
export type Finding =
  | { result: 'ok'; message: string }
  | { result: 'warn'; message: string; advice: string }
  | { result: 'fail'; message: string; advice: string };

/** `warn`: works, but not as well or as safely as it could. `fail`: the server does not start, or logins fail. */
export type Check = Finding & { name: CheckName };

export type CheckName =
  | 'configuration'
  | 'pages'
  | 'data-directory'
  | 'secret'
  | 'database'
  | 'schema'
  | 'signing-keys'
  | 'clock'
  | 'signal'
  | 'public-url'
  | 'proxy';

export function ok(message: string): Finding {
  return { result: 'ok', message };
}

export function warn(message: string, advice: string): Finding {
  return { result: 'warn', message, advice };
}

export function fail(message: string, advice: string): Finding {
  return { result: 'fail', message, advice };
}
