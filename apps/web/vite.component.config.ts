import type { Plugin } from 'vite';
import packageOfElement from './package.json' with { type: 'json' };
import { oneFile, withoutIndents } from './vite.shared.js';
import { versioned } from './vite.versioned.js';

/**
 * What Lit's classes call each other's members. Nothing outside of this one file uses them, so they get short names, which
 * minifiers leave alone otherwise: a fortieth of the file. Those that Lit reads by a name in quotes must not be in the list.
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

/** `<qr-login>` waits by long polls alone, so the client's other transport is not in its file. */
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

/** `<qr-login>` for other people's pages, that runs as a module and as a classic script. */
export default {
  ...component,
  build: {
    ...component.build,
    rolldownOptions: {
      output: { minify: { compress: true, mangle: true, codegen: true, mangleProps: { include: LIT_MEMBERS } } },
    },
  },
};
