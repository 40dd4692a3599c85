// A real clamd in a folder of its own, which knows one invented piece of malware.
import { spawn } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

export async function startClamd() {
  const dir = await mkdtemp(join(tmpdir(), 'tsujiban-clamd-'));
  const socket = join(dir, 'clamd.ctl');
  await mkdir(join(dir, 'signatures'));
  await writeFile(join(dir, 'signatures/test.ndb'), `Test.EICAR.String:0:*:${Buffer.from(EICAR).toString('hex')}\n`);
  await writeFile(join(dir, 'clamd.conf'), `LocalSocket ${socket}\nDatabaseDirectory ${dir}/signatures\nTemporaryDirectory ${dir}\nForeground yes\n` +
    'StreamMaxLength 25M\nMaxThreads 4\nOfficialDatabaseOnly no\n');
  await chmod(dir, 0o755);
  const program = await access('/usr/sbin/clamd').then(() => '/usr/sbin/clamd', () => 'clamd');
  const process = spawn(program, [`--config-file=${dir}/clamd.conf`], { stdio: 'ignore' });
  for (let i = 0; i < 600; i++) {
    if (await access(socket).then(() => true, () => false)) return { socket, stop: async () => { process.kill(); await rm(dir, { recursive: true, force: true }); } };
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('clamd does not start');
}
