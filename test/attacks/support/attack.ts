import { it } from 'vitest';

/** One attack, told from the attacker's side and over HTTP alone. */
export interface Attack<Scene, Outcome> {
  /** What the attacker has to begin with. */
  given: () => Promise<Scene> | Scene;
  /** What the attacker does with it. */
  when: (scene: Scene) => Promise<Outcome> | Outcome;
  /** What must hold nevertheless. */
  then: (outcome: Outcome, scene: Scene) => Promise<void> | void;
}

/** A case that docs/threat-model.md names: rename both. */
export function attack<Scene, Outcome>(name: string, { given, when, then }: Attack<Scene, Outcome>): void {
  it(name, async () => {
    const scene = await given();
    await then(await when(scene), scene);
  });
}
