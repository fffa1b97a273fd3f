import { z } from 'zod';

/** All errors of a configuration at once. `message` is for the person who starts the program. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly faults: readonly ConfigurationFault[]) {
    const lines = faults.map(
      ({ name, reason, example }) => `  ${name}: ${reason}${example ? ` (for example ${name}=${example})` : ''}`,
    );
    super(`The configuration cannot be used:\n${lines.join('\n')}`);
  }
}

export interface ConfigurationFault {
  name: string;
  reason: string;
  example?: string;
}

/** Texts on one variable for the documentation and error messages; kept beside its schema. */
export interface VariableMeta {
  description: string;
  example: string;
}

/**
 * Reads a configuration from environment variables.
 * An empty variable counts as unset: that is how compose files and shells say "none".
 * @throws ConfigurationError with every error, each with an example
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigurationError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? '');
      return { name, reason: issue.message, example: metaOf(schema.shape[name])?.example };
    }),
  );
}

/** The metadata of a variable, also beneath `.default()` and `.optional()`. */
export function metaOf(field: unknown): VariableMeta | undefined {
  return field instanceof z.ZodType ? (field.meta() as VariableMeta | undefined) : undefined;
}
