import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

// Without a container engine nothing can be started here. What can be known from the files alone, is checked.
const ROOT = process.cwd();
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
const file = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(file.services);
const service = (name: string): Service => file.services[name] ?? {};
const endsByItself = ([, { restart }]: readonly [string, Service]): boolean =>
  restart?.startsWith('on-failure') ?? false;

describe('docker-compose.yml', () => {
  it('has the parts of a whole installation', () => {
    expect(services.map(([name]) => name)).toEqual(
      expect.arrayContaining(['mysql', 'redis', 'temporal', 'temporal-ui', 'worker', 'api']),
    );
  });

  it('names every image with a version, never `latest`', () => {
    for (const [name, { image }] of services) {
      expect([name, image?.replace(/\$\{\w+:-([^}]+)\}/, '$1')]).toEqual([
        name,
        expect.stringMatching(/^[\w./-]+:\d[\w.-]*$/),
      ]);
    }
  });

  it('has a health check for every part that stays', () => {
    const without = services.filter((one) => !endsByItself(one) && !one[1].healthcheck).map(([name]) => name);
    expect(without).toEqual([]);
  });

  it('waits for what it depends on to be healthy, or to have ended well', () => {
    const waits = services.flatMap(([name, { depends_on: needs = {} }]) =>
      Object.entries(needs).map(([other, { condition }]) => {
        const ends = endsByItself([other, service(other)]);
        const right = ends ? 'service_completed_successfully' : 'service_healthy';
        return {
          name,
          other,
          isRight: condition === right && (ends || service(other).healthcheck !== undefined),
        };
      }),
    );
    expect(waits.length).toBeGreaterThan(5);
    expect(waits.filter(({ isRight }) => !isRight)).toEqual([]);
  });

  it('opens ports to this machine only', () => {
    const ports = services.flatMap(([, { ports: list = [] }]) => list);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('mounts volumes that are declared, and folders that exist, read-only', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes);
    const isRight = (mount: string): boolean => {
      const [from = '', , mode] = mount.split(':');
      return from.startsWith('./') ? existsSync(join(ROOT, from)) && mode === 'ro' : from in file.volumes;
    };
    expect(mounts).toContain('mysql-data:/var/lib/mysql');
    expect(mounts.filter((mount) => !isRight(mount))).toEqual([]);
  });

  it('runs programs that are there', () => {
    const programs = [service('worker'), service('api')].map(({ command }) => command?.at(-1) ?? '');
    const scripts = services
      .flatMap(([, { entrypoint = [] }]) => entrypoint)
      .filter((word) => word.startsWith('/deploy/'))
      .map((word) => word.replace('/deploy/', 'deploy/temporal/'));
    expect(scripts.length).toBe(2);
    expect([...programs, ...scripts].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('makes the search attributes that flows write', () => {
    const written = [...read('workflows/engine/search.ts').matchAll(/'(Commerce\w+)'/g)].map(
      (match) => match[1] ?? '',
    );
    expect(written).toContain('CommerceStatus');
    expect(read('deploy/temporal/namespace.sh')).toMatch(
      new RegExp(written.map((name) => `(?=[^]*\\b${name}\\b)`).join('')),
    );
  });
});

describe('the environment of worker and API', () => {
  const given = (name: string): readonly string[] => Object.keys(service(name).environment ?? {});
  /** Names in the schema of config/env.ts that have no default and are not optional. */
  const required = [...read('config/env.ts').matchAll(/^ {2}([A-Z_]+): ([^\n]+),$/gm)]
    .filter((match) => !/\.(default|optional)\(|^Port\.default/.test(match[2] ?? ''))
    .map((match) => match[1] ?? '');
  const inWiring = [
    ...new Set(
      [...read('config/coordinator.yaml').matchAll(/\$\{([A-Z_]+)\}/g)].map((match) => match[1] ?? ''),
    ),
  ].filter((name) => name !== 'NAME');

  it.each(['worker', 'api'])('%s has all that config/env.ts and the wiring ask for', (name) => {
    expect(required).toEqual(expect.arrayContaining(['MYSQL_URL', 'REDIS_URL', 'TEMPORAL_ADDRESS']));
    expect(inWiring).toContain('STRIPE_SECRET_KEY');
    expect([...required, ...inWiring].filter((needed) => !given(name).includes(needed))).toEqual([]);
  });

  it('takes secrets from .env, with an example for every name, and none written down here', () => {
    const text = read('docker-compose.yml');
    const asked = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => match[1] ?? '');
    const example = [...read('deploy/.env.example').matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1] ?? '');
    expect(asked.filter((name) => !example.includes(name))).toEqual([]);
    const secrets = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    const open = secrets.filter(
      ([name, value]) => /(SECRET|PASSWORD|PWD|TOKEN|KEY)/.test(name) && !/\$\{/.test(String(value)),
    );
    expect(open).toEqual([]);
  });
});

describe('deploy/Dockerfile', () => {
  const dockerfile = read('deploy/Dockerfile');
  it('is small, without root, on glibc, and with a bundle that was built before', () => {
    expect(dockerfile.match(/^FROM \S+/gm)).toEqual(['FROM node:24-trixie-slim', 'FROM node:24-trixie-slim']);
    expect(dockerfile).toMatch(/npm ci --omit=dev/);
    expect(dockerfile).toMatch(/^RUN node tools\/build-bundle\.ts$/m);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["tini"/m);
  });

  it('copies folders that exist, and all that the two programs import from', () => {
    const copied = [...dockerfile.matchAll(/\/app\/(\w[\w-]*) /g)].map((match) => match[1] ?? '');
    expect(copied).toEqual(
      expect.arrayContaining(['contracts', 'workflows', 'journal', 'activities', 'api', 'plugins', 'config']),
    );
    for (const folder of copied.filter((name) => name !== 'node_modules')) {
      expect([folder, existsSync(join(ROOT, folder))]).toEqual([folder, true]);
    }
    const allowed = read('deploy/Dockerfile.dockerignore').match(/^!.+$/gm) ?? [];
    for (const entry of allowed)
      expect([entry, existsSync(join(ROOT, entry.slice(1)))]).toEqual([entry, true]);
  });
});

const compose = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8', timeout: 20_000 });
const hasCompose = compose.status === 0;
(hasCompose ? it : it.skip)(
  `docker compose reads the file${hasCompose ? '' : ' (SKIPPED: no `docker compose` on this machine)'}`,
  () => {
    const args = ['compose', '--env-file', 'deploy/.env.example', 'config', '-q'];
    const { status, stderr } = spawnSync('docker', args, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
    expect([status, stderr]).toEqual([0, '']);
  },
);
