import { it } from 'vitest';

/** One attack, told from the attacker's side and over HTTP alone. */
export interface Attack<Scene, Outcome> {
  /** What the attacker has to begin with. */
  given: () => Promise<Scene> | Scene;
  /** What the attacker does with it. */
  when: (scene: Scene) => Promise<Outcome> | Outcome;
  /** What must hold all the same. */
  then: (outcome: Outcome, scene: Scene) => Promise<void> | void;
}

/** A case of docs/threat-model.md, which names it: rename both. */
export function attack<Scene, Outcome>(name: string, { given, when, then }: Attack<Scene, Outcome>): void {
  it(name, async () => {
    const scene = await given();
    await then(await when(scene), scene);
  });
}
