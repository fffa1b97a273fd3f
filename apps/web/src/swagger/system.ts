/** The part of Swagger UI's plugin system that we use. Maps are those of Immutable. */
export interface System {
  specSelectors: {
    specJson(): ImmutableMap;
    specJsonWithResolvedSubtrees(): ImmutableMap;
    parameterWithMetaByIdentity(pathMethod: [string, string], parameter: ImmutableMap): ImmutableMap;
    mutatedRequestFor(path: string, method: string): ImmutableMap | undefined;
  };
  specActions: {
    changeParamByIdentity(pathMethod: [string, string], parameter: ImmutableMap, value: string): void;
  };
  oas3Selectors: { requestBodyValue(path: string, method: string): unknown };
  oas3Actions: {
    setRequestBodyValue(change: { value: string; pathMethod: [string, string] }): void;
    setRetainRequestBodyValueFlag(change: { value: boolean; pathMethod: [string, string] }): void;
  };
  authSelectors: { authorized(): ImmutableMap | undefined };
  authActions: {
    authorize(given: Record<string, { name: string; value: string; schema: object }>): void;
    logout(names: string[]): void;
  };
}

export interface ImmutableMap {
  getIn(path: readonly string[]): unknown;
  get(key: string): unknown;
  toJS(): unknown;
}

/** A response as Swagger UI stores it. */
export interface SwaggerResponse {
  ok?: boolean;
  text?: string;
}

type Wrap<Action> = (original: Action, system: System) => Action;

/** @see https://swagger.io/docs/open-source-tools/swagger-ui/customization/plugin-api/ */
export interface Plugin {
  afterLoad(system: System): void;
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: Wrap<(document: unknown) => void>;
        setResponse: Wrap<(path: string, method: string, response: SwaggerResponse) => void>;
      };
    };
  };
}
