import { z } from 'zod';

/** For calls without input: a client may send no body, or an empty object. */
export const NoBody = z
  .strictObject({})
  .meta({ id: 'NoBody', examples: [{}] })
  .nullish();
