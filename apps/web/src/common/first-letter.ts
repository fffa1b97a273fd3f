/** Shown instead of the picture of an account. */
export function firstLetter(name: string): string {
  return (/\S/u.exec(name)?.[0] ?? '?').toLocaleUpperCase();
}
