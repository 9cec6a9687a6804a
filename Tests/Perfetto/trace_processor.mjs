// Perfetto's own trace processor (WebAssembly), driven from plain node by the protocol that its UI uses:
// https://github.com/google/perfetto/blob/main/protos/perfetto/trace_processor/trace_processor.proto
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import * as wire from './wire.mjs';

const Method = {appendTraceData: 1, finalizeTraceData: 2, queryStreaming: 3};
const Rpc = {
  message: 1, sequence: 1, request: 2, fatalError: 5,
  appendData: 101, queryArguments: 103,
  appendResult: 201, queryResult: 203, finalizeResult: 212,
};
const Cell = {null: 1, varint: 2, float64: 3, string: 4, blob: 5};

export class TraceProcessor {
  #port;
  #replies = [];
  #sequence = 0;

  /** Starts the engine that stands in `folder` (the one with engine_bundle.js). */
  static async start(folder) {
    const processor = new TraceProcessor();
    processor.#port = {postMessage: reply => processor.#replies.push(Buffer.from(reply))};
    await startWorker(folder, processor.#port);
    return processor;
  }

  /** Gives the next bytes of the trace; throws what the engine refuses. */
  append(chunk) {
    const answers = this.#call(Method.appendTraceData, wire.bytes(Rpc.appendData, chunk));
    throwError(answers, Rpc.appendResult, 2);
  }

  /** Says that the trace is complete; throws what the engine refuses. */
  finish() {
    throwError(this.#call(Method.finalizeTraceData), Rpc.finalizeResult, 1);
  }

  /** The rows of one SQL query as objects; integers are BigInt, blobs Buffer. */
  query(sql) {
    const answers = this.#call(Method.queryStreaming, wire.bytes(Rpc.queryArguments, wire.bytes(1, sql)));
    throwError(answers, Rpc.queryResult, 2);
    const columns = [];
    const rows = [];
    for (const [field, content] of results(answers, Rpc.queryResult)) {
      if (field === 1) columns.push(content.toString());
      if (field === 3) rows.push(...batchRows(content, columns));
    }
    return rows;
  }

  #call(method, ...request) {
    this.#replies = [];
    const call = Buffer.concat([wire.number(Rpc.sequence, this.#sequence++), wire.number(Rpc.request, method), ...request]);
    this.#port.onmessage({data: new Uint8Array(wire.bytes(Rpc.message, call))});
    const answers = [];
    for (const [field, answer] of wire.fields(Buffer.concat(this.#replies))) {
      if (field === Rpc.message) answers.push(answer);
    }
    for (const answer of answers) {
      for (const [field, content] of wire.fields(answer)) if (field === Rpc.fatalError) throw new Error(content.toString());
    }
    return answers;
  }
}

/** The fields of every `kind` message in the answers. */
function* results(answers, kind) {
  for (const answer of answers) {
    for (const [field, content] of wire.fields(answer)) if (field === kind) yield* wire.fields(content);
  }
}

function throwError(answers, kind, errorField) {
  for (const [field, content] of results(answers, kind)) {
    if (field === errorField && content.length > 0) throw new Error(content.toString());
  }
}

/** Rows of one CellsBatch: the cell types in order, and a column of values for each type. */
function batchRows(batch, columns) {
  let types = [];
  const values = {[Cell.varint]: [], [Cell.float64]: [], [Cell.string]: [], [Cell.blob]: []};
  for (const [field, content] of wire.fields(batch)) {
    switch (field) {
      case 1: types = [...content]; break;
      case 2: values[Cell.varint] = wire.packedVarints(content).map(value => BigInt.asIntN(64, value)); break;
      case 3: values[Cell.float64] = wire.packedDoubles(content); break;
      case 4: values[Cell.blob].push(content); break;
      case 5: values[Cell.string] = content.toString().split('\0'); break;
    }
  }
  const taken = {[Cell.varint]: 0, [Cell.float64]: 0, [Cell.string]: 0, [Cell.blob]: 0};
  const rows = [];
  for (let first = 0; first < types.length; first += columns.length) {
    const row = {};
    columns.forEach((column, index) => {
      const type = types[first + index];
      row[column] = type === Cell.null ? null : values[type][taken[type]++];
    });
    rows.push(row);
  }
  return rows;
}

/**
 * Loads engine_bundle.js, which is a web worker, and hands it `port`.
 * Only what the bundle and its emscripten runtime touch is imitated.
 */
async function startWorker(folder, port) {
  const bundle = path.join(folder, 'engine_bundle.js');
  process.type = 'renderer'; // emscripten takes it for a browser
  globalThis.WorkerGlobalScope = class {};
  globalThis.self = globalThis;
  globalThis.location = {href: 'http://localhost/engine_bundle.js'};
  globalThis.XMLHttpRequest = class {
    open(_method, url) { this.file = path.join(folder, path.basename(url)); }
    send() {
      this.response = new Uint8Array(fs.readFileSync(this.file)).buffer;
      this.status = 200;
    }
  };
  for (const channel of ['log', 'warn', 'error']) console[channel] = () => {}; // the engine's progress lines

  vm.runInThisContext(fs.readFileSync(bundle, 'utf8'), {filename: bundle});
  globalThis.onmessage({data: port});
  // The bundle has no signal for "ready". It compiles its module while it is loaded, and the rest of its start is
  // microtasks, so all of it is done by the next turn of the event loop.
  await new Promise(setImmediate);
}
