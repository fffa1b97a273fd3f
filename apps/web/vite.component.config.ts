import type { Plugin } from 'vite';
import packageOfElement from './package.json' with { type: 'json' };
import { oneFile, withoutIndents } from './vite.shared.js';
import { versioned } from './vite.versioned.js';

/**
 * Members of Lit's classes. Nothing outside of this file uses them, so they get short names, which saves a fortieth of
 * the file; by default minifiers keep them. Members that Lit reads by a name in quotes must not be in the list.
 */
const LIT_MEMBERS = new RegExp(
  `^(?:${[
    String.raw`_\$.+`,
    'add(?:Controller|Initializer)',
    'create(?:Property|RenderRoot)',
    'creationScope',
    'elementStyles',
    'enableUpdating',
    'finalizeStyles',
    'firstUpdated',
    'fromAttribute',
    'get(?:PropertyDescriptor|PropertyOptions|UpdateComplete)',
    'has(?:Changed|Updated)',
    'host(?:Connected|Disconnected|Update|Updated)',
    'isUpdatePending',
    'noAccessor',
    '(?:perform|request|schedule|should|will)Update',
    'removeController',
    'render(?:Before|Options)',
    'setConnected',
    'shadowRootOptions',
    'startNode',
    'toAttribute',
    'useDefault',
  ].join('|')})$`,
);

/** `<qr-login>` uses only long polls, so the client's other transport is left out of its file. */
function pollsOnly(): Plugin {
  return {
    name: 'polls-only',
    load: (id) =>
      id.endsWith('/client/src/screen/events.ts') ? `export { Poll as Events } from './poll.js'` : undefined,
  };
}

const component = oneFile('qr-login.js', { entry: 'src/component/index.ts', formats: ['iife'], name: 'QrLogin' }, [
  pollsOnly(),
  withoutIndents(),
  versioned(packageOfElement.version),
]);

/** `<qr-login>` for pages of other origins. The file runs as a module and as a classic script. */
export default {
  ...component,
  build: {
    ...component.build,
    rolldownOptions: {
      output: { minify: { compress: true, mangle: true, codegen: true, mangleProps: { include: LIT_MEMBERS } } },
    },
  },
};
