// Loaded before a server: appends every statement that it sends to PostgreSQL to the file RECORD_QUERIES_TO, one per
// line.
import fs from 'node:fs';
import pg from 'pg';

const file = fs.openSync(/** @type {string} */ (process.env.RECORD_QUERIES_TO), 'a');
const query = Reflect.get(pg.Client.prototype, 'query');
const clients = new WeakMap();
let last = 0;

/** Bytes as text that JSON can carry, distinct from other text. */
function plain(value) {
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

pg.Client.prototype.query = function record(config, values, callback) {
  if (!clients.has(this)) clients.set(this, (last += 1));
  const { text, name, values: own } = typeof config === 'string' ? { text: config } : config;
  const line = { client: clients.get(this), text, name, values: plain(own ?? (Array.isArray(values) ? values : [])) };
  const write = (count) => fs.writeSync(file, `${JSON.stringify({ ...line, count })}\n`);
  const then = typeof values === 'function' ? values : callback;
  if (typeof then !== 'function') {
    const result = query.call(this, config, values);
    // the caller gets the error
    result.then(
      ({ rowCount }) => write(rowCount),
      () => {},
    );
    return result;
  }
  const heard = (error, result) => {
    if (!error) write(result.rowCount);
    then(error, result);
  };
  return typeof values === 'function' ? query.call(this, config, heard) : query.call(this, config, values, heard);
};
