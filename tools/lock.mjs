/**
 * A lock between processes: one file, whose text says who holds it. Plain JavaScript on Node's built-ins, because
 * `run.mjs` needs it before anything is installed.
 */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { isRunning, startOf } from './is-running.mjs';

const pollEveryMs = 200;
const refreshEveryMs = 5_000;
/** Only the age tells about a holder on another machine (or in a container) that shares this folder. */
const silentAfterMs = 60_000;
const guardStaleAfterMs = 10_000;

/** Runs `work` while no other process runs work under the same `file`; a dead holder's lock is taken over. */
export async function withLock(file, work, onWait = () => {}) {
  mkdirSync(dirname(file), { recursive: true });
  let hasToldWaiting = false;
  while (!tryTake(file)) {
    const holder = readHolder(file);
    if (holder && isDead(file, holder)) {
      removeDead(file);
      continue;
    }
    if (holder && !hasToldWaiting) {
      onWait(`process ${holder.pid} on ${holder.host} (lock file ${file})`);
      hasToldWaiting = true;
    }
    await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
  }
  const refresh = setInterval(() => touch(file), refreshEveryMs);
  refresh.unref();
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    process.off('exit', release);
    release();
  }
}

/** A link appears with its text complete, so that nobody reads a lock without an owner. */
function tryTake(file) {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, JSON.stringify({ pid: process.pid, started: startOf(process.pid), host: hostname() }));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`The lock file ${file} is not readable (${error.message}). Remove it and try again.`);
  }
}

function isDead(file, holder) {
  if (holder.host !== hostname()) return ageOf(file) > silentAfterMs;
  return !isRunning(holder.pid) || holder.started !== startOf(holder.pid);
}

/** Two waiters could both see the dead holder, and the slower remove the faster one's new lock: hence the guard. */
function removeDead(file) {
  const guard = `${file}.takeover`;
  try {
    writeFileSync(guard, '', { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (ageOf(guard) > guardStaleAfterMs) rmSync(guard, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder && isDead(file, holder)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function ageOf(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Somebody removed it by hand; the work goes on.
  }
}
