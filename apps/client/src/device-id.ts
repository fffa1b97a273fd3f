/**
 * A name for this device, in the form that `X-Device-Id` wants. Not a secret, and worth nothing without its token: keep
 * it, so that the device is known the next time.
 */
export function deviceIdOf(): string {
  // crypto.randomUUID is missing on plain http outside localhost, and all of crypto in React Native
  const crypto = globalThis.crypto as { getRandomValues?: (numbers: Uint32Array) => Uint32Array } | undefined;
  const numbers = new Uint32Array(4);
  if (crypto?.getRandomValues) crypto.getRandomValues(numbers);
  else numbers.forEach((_, index) => (numbers[index] = Math.random() * 2 ** 32));
  return numbers.join('-');
}
