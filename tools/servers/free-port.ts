import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export interface Port {
  readonly number: number;
  /** The file that keeps the port from other runs; removed by `release`. */
  readonly reservation: string;
  release(): void;
}

const first = 15_000;

/**
 * A port on 127.0.0.1 that nothing uses and that no other run of this project was given. It lies below those that the
 * system hands out to outgoing connections: else a client could take a server's port while the server restarts.
 */
export async function reservePort(): Promise<Port> {
  const folder = join(tmpdir(), `commerce-coordinator-ports-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true });
  const end = firstOutgoingPort();
  for (let tries = 0; tries < 500; tries++) {
    const number = first + Math.floor(Math.random() * (end - first));
    const reservation = join(folder, String(number));
    if (!reserve(reservation)) continue;
    const release = () => rmSync(reservation, { force: true });
    if (await canListen(number)) return { number, reservation, release };
    release();
  }
  throw new Error(
    `No free port between ${first} and ${end} on 127.0.0.1. Stop what listens there and try again.`,
  );
}

function reserve(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function firstOutgoingPort(): number {
  try {
    const low = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/)[0]);
    return low > first + 2_000 ? low : first + 17_000;
  } catch {
    return first + 17_000;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
