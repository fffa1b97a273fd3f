import { z } from 'zod';

/** Everything that is wrong with the configuration, told at once. `message` is ready to be shown. */
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

/** What the documentation and the error messages say of one variable; kept beside its schema. */
export interface VariableMeta {
  description: string;
  example: string;
}

/**
 * Reads a configuration from environment variables.
 * An empty variable counts as unset: that is how compose files and shells say "none".
 * @throws ConfigurationError with every fault, each with an example
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

/** The meta of a variable, wherever `.default()` and `.optional()` have buried it. */
export function metaOf(field: unknown): VariableMeta | undefined {
  return field instanceof z.ZodType ? (field.meta() as VariableMeta | undefined) : undefined;
}
