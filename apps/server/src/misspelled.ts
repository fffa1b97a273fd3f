import { distance } from 'fastest-levenshtein';

/** A variable that the server does not have, and the one that its name is close to. */
export interface Misspelled {
  given: string;
  meant: string;
}

/** Wrong, missing or extra letters, as in `CORS_ORIGIN` and `DATABASE_URI`. */
const MOST_EDITS = 2;
/** Shorter names, such as `PORT`, are close to variables of other programs. */
const SHORTEST = 6;

/**
 * Finds variables that are set but unknown, and look like one of `known`. The case of letters does not count.
 * @param environment variables as they are set; an empty one counts as unset
 */
export function misspelledIn(
  environment: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): Misspelled[] {
  return Object.keys(environment)
    .filter((given) => environment[given] && !known.includes(given))
    .flatMap((given) => {
      const edits = (name: string) => distance(name, given.toUpperCase());
      const isClose = (name: string) => edits(name) <= (name.length < SHORTEST ? 0 : MOST_EDITS);
      const [meant] = known.filter(isClose).sort((one, other) => edits(one) - edits(other));
      return meant ? [{ given, meant }] : [];
    });
}

/** A sentence for logs and error messages. */
export function askFor({ meant }: Misspelled): string {
  return `is not a variable of scan-login: is ${meant} meant?`;
}
