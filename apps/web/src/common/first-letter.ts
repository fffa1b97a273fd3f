/** What stands for a person without a picture. */
export function firstLetter(name: string): string {
  return (/\S/u.exec(name)?.[0] ?? '?').toLocaleUpperCase();
}
