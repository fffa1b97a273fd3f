// Owns: the bar of Swagger UI in which one acts as the screen or as the phone of a login, without copying ids and tokens.
// Does not own: Swagger UI, which loads this file as a plugin; the calls, which Swagger UI makes.
import { Bar } from './bar.js';
import { fill, operationIdOf } from './fill.js';
import { Personas } from './personas.js';
import type { Plugin, System } from './system.js';

declare global {
  // the server names it in the options of Swagger UI
  var scanLoginPersonas: (() => Plugin) | undefined;
}

const personas = new Personas();
let bar: Bar;

function show(system: System): void {
  bar.show(personas);
  fill(system, personas.acting);
}

const plugin: Plugin = {
  afterLoad(system) {
    bar = new Bar((who) => {
      personas.who = who;
      show(system);
    });
    bar.show(personas);
  },
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (original, system) => (document) => {
          original(document);
          show(system);
        },
        setResponse: (original, system) => (path, method, response) => {
          original(path, method, response);
          if (!response.ok) return;
          personas.learn(operationIdOf(system, path, method), sentBody(system, path, method), read(response.text));
          show(system);
        },
      },
    },
  },
};

globalThis.scanLoginPersonas = () => plugin;

function sentBody(system: System, path: string, method: string): unknown {
  return read((system.specSelectors.mutatedRequestFor(path, method)?.toJS() as { body?: string } | undefined)?.body);
}

/** Bodies of calls that we learn from are JSON; others are not read. */
function read(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
