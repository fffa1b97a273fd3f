import type { Visibility } from '@scan-login/client';

/** A page that a test hides and shows. */
export class FakePage implements Visibility {
  private isOut = false;
  private readonly listeners = new Set<() => void>();

  isHidden(): boolean {
    return this.isOut;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  hide(isHidden = true): void {
    this.isOut = isHidden;
    for (const listener of this.listeners) listener();
  }

  get listening(): number {
    return this.listeners.size;
  }
}
