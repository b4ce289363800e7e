#!/usr/bin/env node
/**
 * `node tools/run.mjs <task> [-- arguments]`: runs a task of `tasks.mjs` on a fresh clone, with any Node from 18 on and
 * nothing else installed. Installs the dependencies if needed, then starts itself again under their Node 24.
 */
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './install.mjs';
import { isNewEnough, localNode } from './local-node.mjs';
import { runChild } from './run-child.mjs';
import { tasks } from './tasks.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function main([name, ...rest]) {
  const task = tasks[name];
  if (!task) {
    throw new Error(
      `${name ? `There is no task '${name}'.` : 'Which task?'} Tasks: ${Object.keys(tasks).join(', ')}.`,
    );
  }
  await installDependencies(root);
  if (!isNewEnough()) {
    return runChild(localNode(root), [fileURLToPath(import.meta.url), name, ...rest]);
  }
  const args = rest[0] === '--' ? rest.slice(1) : rest;
  return task.tasks ? runAll(task.tasks) : runTask(name, args);
}

function runTask(name, args) {
  const path = [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path };
  return runChild(process.execPath, [...tasks[name].node, ...args], { cwd: root, env });
}

/** All of them even when one fails: you want to know everything that is wrong, not only the first thing. */
async function runAll(names) {
  const failed = [];
  for (const name of names) {
    console.error(`\n=== ${name}`);
    const code = await runTask(name, []);
    if (code > 128) return code; // Interrupted, not failed.
    if (code !== 0) failed.push(name);
  }
  const passed = names.filter((name) => !failed.includes(name));
  console.error(`\npassed: ${passed.join(', ') || 'none'}; failed: ${failed.join(', ') || 'none'}`);
  return failed.length > 0 ? 1 : 0;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
