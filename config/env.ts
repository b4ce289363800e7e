import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { PayloadKeys } from './codec/key-ring.ts';

const Port = z.coerce.number().int().min(0).max(65_535);

/** What a process needs from its environment; plugins' secrets are named in the wiring file instead. */
const Env = z.object({
  MYSQL_URL: z.url({ protocol: /^mysql$/, error: 'mysql://user:password@host:port/database' }),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'redis://host:port' }),
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d+$/, 'host:port'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TASK_QUEUE_PREFIX: z.string().default(''),
  CC_CONFIG: z.string().default('config/coordinator.yaml'),
  CC_BUNDLE: z.string().default('.build/workflows.js'),
  HOST: z.string().default('127.0.0.1'),
  PORT: Port.default(8080),
  DEV_TOKEN_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  /** Signs what operators do through our API; without it no money step can be steered. */
  STEERING_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  /** What Temporal keeps of flows is encrypted with the first of these; the others still decrypt. */
  PAYLOAD_KEYS: PayloadKeys.optional(),
  /** Where the browser shows Temporal's UI from; that origin alone may ask the codec route. */
  TEMPORAL_UI_ORIGIN: z
    .string()
    .regex(/^https?:\/\/[^/\s]+$/, 'http(s)://host:port, without a path')
    .optional(),
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});
export type Env = z.infer<typeof Env>;

/** An environment in which `X_FILE` stands for the content of a file, as containers mount secrets. */
export type Secrets = Readonly<Record<string, string | undefined>>;

/** Resolves every `X_FILE`. Throws when both X and X_FILE are set, or a file cannot be read. */
export const withSecretFiles = (env: Secrets): Secrets => {
  const resolved: Record<string, string | undefined> = { ...env };
  for (const [name, path] of Object.entries(env)) {
    if (
      !name.endsWith('_FILE') ||
      !path ||
      !/(SECRET|SECRETS|KEY|KEYS|TOKEN|PASSWORD|URL|ID)_FILE$/.test(name)
    )
      continue;
    const plain = name.slice(0, -'_FILE'.length);
    if (env[plain] !== undefined) throw new Error(`Both ${plain} and ${name} are set. Keep one of them.`);
    resolved[plain] = readFileSync(path, 'utf8').trim();
  }
  return resolved;
};

/** Reads the environment. Throws one error that lists every mistake. */
export const readEnv = (env: Secrets): Env => {
  const parsed = Env.safeParse(env);
  const mistakes = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => {
        const name = path.join('.');
        // Never the value: most of them hold a secret.
        return `${name}: is ${env[name] === undefined ? 'not set' : 'not usable'}; expected ${message}`;
      });
  if (parsed.success && parsed.data.NODE_ENV === 'production' && parsed.data.DEV_TOKEN_SECRET !== undefined) {
    mistakes.push(
      'DEV_TOKEN_SECRET: is set with NODE_ENV=production; anybody who knows it is an operator. Unset it',
    );
  }
  if (env['NODE_ENV'] === 'production' && env['PAYLOAD_KEYS'] === undefined) {
    mistakes.push(
      'PAYLOAD_KEYS: is not set with NODE_ENV=production; Temporal would keep personal data in plain. ' +
        'Set it, or PAYLOAD_KEYS_FILE, to `k1:` and the output of `openssl rand -base64 32`',
    );
  }
  if (!parsed.success || mistakes.length > 0) {
    throw new Error(
      `The environment has ${mistakes.length} mistake(s):\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  return parsed.data;
};
