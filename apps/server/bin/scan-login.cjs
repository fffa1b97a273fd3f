#!/usr/bin/env node
// npm links this file when it installs, which in a clone is before there is a build.
'use strict';

/* oxlint-disable import/no-unassigned-import -- run one after the other, for their effect */
require('./check-node.cjs');
require('./run.cjs');
