import { Initial1795264612784 } from './1795264612784-initial.js';

/** In their order. Append only: one that was released is never edited. */
export const MIGRATIONS = [Initial1795264612784];
