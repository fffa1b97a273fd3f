import type { HTMLAttributes, PublicProps } from 'vue';
import type { QrLogin, QrLoginAttributes, QrLoginEventMap } from './index.js';

export * from './index.js';

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;
/** In the types of templates, `base-url` is `baseUrl`. */
type Attributes = { [Name in keyof QrLoginAttributes as CamelCase<Name>]: QrLoginAttributes[Name] };
type Listeners = {
  [Type in keyof QrLoginEventMap as `on${Capitalize<Type>}`]?: (event: QrLoginEventMap[Type]) => void;
};

/** The element in templates. A `ref` to it is a `QrLogin`. */
type QrLoginInTemplates = new () => QrLogin & {
  /** Only for type checks: there is no such property. */
  $props: Omit<HTMLAttributes, keyof Listeners> & PublicProps & Attributes & Listeners;
};

declare module 'vue' {
  interface GlobalComponents {
    'qr-login': QrLoginInTemplates;
  }
}
