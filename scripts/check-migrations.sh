#!/bin/sh
# Fails if entities and migrations differ. Needs DATABASE_URL, an empty database.
set -e
typeorm="node_modules/.bin/typeorm"
$typeorm migration:run -d dist/ormconfig.js >/dev/null
$typeorm migration:generate --check --dryrun -d dist/ormconfig.js drift
