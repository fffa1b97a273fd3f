import type { ExistingProvider, FactoryProvider, InjectionToken, Provider, Type } from '@nestjs/common';
import { OPTIONAL_DEPS_METADATA, PARAMTYPES_METADATA, SELF_DECLARED_DEPS_METADATA } from '@nestjs/common/constants.js';
import { DataSource } from 'typeorm';

/** Which module provides a token, and the code that adds that module. */
const BROUGHT_BY = new Map<InjectionToken, readonly [module: string, call: string]>([
  [DataSource, ['TypeOrmModule', "TypeOrmModule.forRoot({ type: 'postgres', … })"]],
]);

/**
 * The `exports` of a module. Where the module is missing, the error of `explained` names it.
 * @param call the code that adds the module
 */
export function provided(module: string, tokens: InjectionToken[], call = `${module}.forRoot(…)`): InjectionToken[] {
  for (const token of tokens) BROUGHT_BY.set(token, [module, call]);
  return tokens;
}

/**
 * The `providers` of a module. Where another module is missing, the error names it and says what to add. Nest's own
 * error names the first constructor parameter that it cannot resolve.
 */
export function explained(module: string, providers: Provider[]): Provider[] {
  return providers.map((provider) => {
    if (typeof provider === 'function') return factoryOf(module, provider);
    if ('useExisting' in provider) return withReasons(module, aliasOf(provider));
    return 'useFactory' in provider ? withReasons(module, provider) : provider;
  });
}

/** The error for a missing dependency. */
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
