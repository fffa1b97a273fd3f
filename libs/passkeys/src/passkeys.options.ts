import { optionsProvider } from '@scan-login/nest/common';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import { z } from 'zod';

/** An origin of a web page, or what Android signs for an app. */
const Origin = z
  .string()
  .refine(isOrigin, 'Must be an origin such as https://app.example.org, or android:apk-key-hash:…');

export const PasskeysOptions = z.strictObject({
  name: z.string().min(1).max(64).default('scan-login').describe('What authenticators call this application'),
  origins: z
    .array(Origin)
    .default([])
    .describe(
      'Further origins at which passkeys of publicUrl may be used: other pages of its domain, and Android apps as android:apk-key-hash:…',
    ),
});
export type PasskeysOptions = z.output<typeof PasskeysOptions>;

export const PASSKEYS_OPTIONS = Symbol('PasskeysOptions');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<
  z.input<typeof PasskeysOptions>
>()
  .setClassMethodName('forRoot')
  .build();
export { ConfigurableModuleClass };

export const passkeysOptions = optionsProvider(
  'PasskeysModule',
  PASSKEYS_OPTIONS,
  PasskeysOptions,
  MODULE_OPTIONS_TOKEN,
);

function isOrigin(text: string): boolean {
  if (/^android:apk-key-hash:[\w-]{43}$/.test(text)) return true;
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
