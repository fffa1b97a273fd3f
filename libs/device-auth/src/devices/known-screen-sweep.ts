import { sql, type Sweep } from '@scan-login/nest/common';
import { IS_FORGOTTEN, KNOWN_SCREENS } from './known-screen.entity.js';

export const KNOWN_SCREEN_SWEEP: Sweep = {
  table: KNOWN_SCREENS,
  // the primary key has two columns; `ctid` does, because the rows of a batch are locked and cannot move
  key: sql`ctid`,
  past: IS_FORGOTTEN,
  every: 300,
};
