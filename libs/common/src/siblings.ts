import type { ExistingProvider, FactoryProvider, InjectionToken, Provider, Type } from '@nestjs/common';
import { OPTIONAL_DEPS_METADATA, PARAMTYPES_METADATA, SELF_DECLARED_DEPS_METADATA } from '@nestjs/common/constants.js';
import { DataSource } from 'typeorm';

/** Which module brings what others inject, and how it is added. */
const BROUGHT_BY = new Map<InjectionToken, readonly [module: string, call: string]>([
  [DataSource, ['TypeOrmModule', "TypeOrmModule.forRoot({ type: 'postgres', … })"]],
]);

/**
 * What a module brings for others, as its `exports`: where it is missing, `explained` names the module.
 * @param call how the module is added
 */
export function provided(module: string, tokens: InjectionToken[], call = `${module}.forRoot(…)`): InjectionToken[] {
  for (const token of tokens) BROUGHT_BY.set(token, [module, call]);
  return tokens;
}

/**
 * The providers of a module, so that where another module is missing the error names that, and what to add. Nest would
 * name the first parameter of a constructor that it cannot fill.
 */
export function explained(module: string, providers: Provider[]): Provider[] {
  return providers.map((provider) => {
    if (typeof provider === 'function') return factoryOf(module, provider);
    if ('useExisting' in provider) return withReasons(module, aliasOf(provider));
    return 'useFactory' in provider ? withReasons(module, provider) : provider;
  });
}

/** The error for a dependency that is not there. */
export function missing(module: string, token: InjectionToken): Error {
  const [sibling, call] = BROUGHT_BY.get(token)!;
  return new Error(`${module} needs ${sibling}: add ${call} to your imports`);
}

function factoryOf(module: string, type: Type): FactoryProvider {
  const tokens = [...((Reflect.getMetadata(PARAMTYPES_METADATA, type) ?? []) as InjectionToken[])];
  const named = (Reflect.getMetadata(SELF_DECLARED_DEPS_METADATA, type) ?? []) as {
    index: number;
    param: InjectionToken;
  }[];
  for (const { index, param } of named) tokens[index] = param;
  const optional = (Reflect.getMetadata(OPTIONAL_DEPS_METADATA, type) ?? []) as number[];
  const inject = tokens.map((token, at) => (optional.includes(at) ? { token, optional: true } : token));
  const useFactory = (...dependencies: unknown[]) => new type(...dependencies) as object;
  return withReasons(module, { provide: type, inject, useFactory });
}

function aliasOf({ provide, useExisting }: ExistingProvider): FactoryProvider {
  return { provide, inject: [useExisting as InjectionToken], useFactory: (existing: object) => existing };
}

function withReasons(module: string, provider: FactoryProvider): FactoryProvider {
  const { inject = [], useFactory } = provider;
  const isOurs = inject.map((token) => BROUGHT_BY.has(token as InjectionToken));
  if (!isOurs.includes(true)) return provider;
  return {
    ...provider,
    inject: inject.map((token, at) => (isOurs[at] ? { token: token as InjectionToken, optional: true } : token)),
    useFactory: (...dependencies: unknown[]) => {
      const at = isOurs.findIndex((ours, index) => ours && dependencies[index] === undefined);
      if (at !== -1) throw missing(module, inject[at] as InjectionToken);
      return useFactory(...dependencies) as unknown;
    },
  };
}
