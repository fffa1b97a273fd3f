import type { Persona } from './personas.js';
import type { ImmutableMap, System } from './system.js';

interface Operation {
  operationId: string;
  requestBody?: { content: { 'application/json': { schema: { $ref: string } } } };
}

interface Schema {
  properties: Record<string, unknown>;
  example?: Record<string, unknown>;
}

/** Fills what this persona knows into the fields of all calls, and empties what it does not know. */
export function fill(system: System, persona: Persona): void {
  const parameters = new Map([
    ['path uuid', persona.uuid],
    ['header X-Device-Id', persona.deviceId],
    ['header X-Ticket-Secret', persona.secret],
  ]);
  for (const [pathMethod, operation] of operationsOf(system)) {
    for (const parameter of parametersOf(system, pathMethod)) {
      const name = `${String(parameter.get('in'))} ${String(parameter.get('name'))}`;
      if (!parameters.has(name)) continue;
      const value = parameters.get(name) ?? '';
      const given = system.specSelectors.parameterWithMetaByIdentity(pathMethod, parameter).get('value') ?? '';
      // each change renders the whole page
      if (value !== given) system.specActions.changeParamByIdentity(pathMethod, parameter, value);
    }
    fillBody(system, pathMethod, operation, persona);
  }
  authorize(system, persona);
}

export function operationIdOf(system: System, path: string, method: string): string {
  return system.specSelectors.specJson().getIn(['paths', path, method, 'operationId']) as string;
}

function operationsOf(system: System): [[string, string], Operation][] {
  const paths = (system.specSelectors.specJson().get('paths') as ImmutableMap).toJS() as Record<string, object>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries<Operation>(methods as Record<string, Operation>).map(
      ([method, operation]): [[string, string], Operation] => [[path, method], operation],
    ),
  );
}

/** Swagger UI finds a value by the parameter's whole description, so these are its own maps. */
function parametersOf(system: System, [path, method]: [string, string]): Iterable<ImmutableMap> {
  const found = system.specSelectors.specJsonWithResolvedSubtrees().getIn(['paths', path, method, 'parameters']);
  return (found as Iterable<ImmutableMap> | undefined) ?? [];
}

/**
 * Changes only the members that a persona can know: the others are for the person to edit. What it does not know is as in
 * the example, or left out.
 */
function fillBody(system: System, pathMethod: [string, string], { requestBody }: Operation, persona: Persona): void {
  const name = requestBody?.content['application/json'].schema.$ref.split('/').at(-1);
  if (!name) return;
  const schema = system.specSelectors.specJson().getIn(['components', 'schemas', name]) as ImmutableMap;
  const { properties, example } = schema.toJS() as Schema;
  const { scanToken, refreshToken, number } = persona;
  const members = Object.entries({ scanToken, refreshToken, number })
    .filter(([member]) => member in properties)
    .map(([member, fact]) => [member, fact ?? example?.[member]] as const);
  if (members.length === 0) return;
  const given = system.oas3Selectors.requestBodyValue(...pathMethod);
  const value = JSON.stringify({ ...(read(given) ?? example), ...Object.fromEntries(members) }, undefined, 2);
  if (value === given) return;
  // without this flag, the example takes its place when the call is first unfolded
  system.oas3Actions.setRetainRequestBodyValueFlag({ value: true, pathMethod });
  system.oas3Actions.setRequestBodyValue({ value, pathMethod });
}

function read(text: unknown): object | undefined {
  try {
    return JSON.parse(text as string) as object;
  } catch {
    return undefined;
  }
}

function authorize({ authActions, authSelectors }: System, { accessToken }: Persona): void {
  const schema = { type: 'http', scheme: 'bearer' };
  if (accessToken) authActions.authorize({ session: { name: 'session', value: accessToken, schema } });
  else if (authSelectors.authorized()?.get('session')) authActions.logout(['session']);
}
