#!/usr/bin/env node
// Runs the binary that the package carries for this machine. Nothing is downloaded, not at installation either.
'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const machine = `${process.platform}-${process.arch}`;
const binary = join(__dirname, 'binaries', machine, 'keysweep');
if (!existsSync(binary)) {
  console.error(`keysweep: this package has no binary for ${machine}; build one with cargo install`);
  process.exit(2);
}
const done = spawnSync(binary, process.argv.slice(2), { stdio: 'inherit' });
if (done.error) {
  console.error(`keysweep: ${done.error.message}`);
  process.exit(2);
}
// As a shell tells what a signal ended.
process.exit(done.signal ? 128 + (require('node:os').constants.signals[done.signal] ?? 0) : done.status);
