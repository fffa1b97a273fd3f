/**
 * Makes an id for this device, in the form of `X-Device-Id`. It is not a secret. Keep it, so that the server recognizes
 * the device the next time.
 */
export function deviceIdOf(): string {
  // crypto.randomUUID is missing on plain http outside localhost, and all of crypto in React Native
  const crypto = globalThis.crypto as { getRandomValues?: (numbers: Uint32Array) => Uint32Array } | undefined;
  const numbers = new Uint32Array(4);
  if (crypto?.getRandomValues) crypto.getRandomValues(numbers);
  else numbers.forEach((_, index) => (numbers[index] = Math.random() * 2 ** 32));
  return numbers.join('-');
}
