import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../../../clock.ts';
import { createHost } from '../../../create-host.ts';
import type { Launch } from '../../../instances/driver.ts';
import { bytePath } from '../../../instances/instance-system.ts';
import { instancesOf } from '../../../instances/instances.ts';
import { listProcesses } from '../../../instances/processes.ts';
import type { SandboxOptions } from '../../../instances/sandbox/sandbox-options.ts';
import { createMemoryStore, type Store } from '../../../store.ts';
import { describeWithSandbox, sandboxOptions } from './test-sandbox.ts';

jest.setTimeout(120_000);

const launch: Launch = { hasAgent: true, hasStub: false, imageId: 'ami-1', instanceType: 't3.micro' };

describeWithSandbox('instances that are sandboxes', () => {
  let sandboxes: SandboxOptions;
  let stateDir: string;
  const stops: (() => unknown)[] = [];
  beforeAll(async () => {
    sandboxes = await sandboxOptions();
  });
  beforeEach(() => {
    stateDir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-sandboxes-')));
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    fs.rmSync(stateDir, { recursive: true, force: true });
  });

  /** As the emulator after a start; a second one over the same store is one that was killed and started again. */
  const open = (store: Store = createMemoryStore()) => {
    const clock = createClock();
    const instances = instancesOf(
      createHost({
        stateDir,
        store,
        clock,
        ports: { endpoint: 0, approvals: 0, signIn: 0, overview: 0, qat: 0, prod: 0, forge: 0 },
        log: () => undefined,
        sandboxes,
      }),
    );
    stops.push(clock.stop);
    const boot = async (instanceId: string, more: Partial<Launch> = {}) => {
      await instances.boot(instanceId, { ...launch, ...more });
      stops.push(() => instances.remove(instanceId));
    };
    const attempt = async (instanceId: string, script: string, user?: string) => {
      const system = instances.system(instanceId);
      const file = path.join(system.agentRoot, 'deployment-root', 'script.sh');
      fs.writeFileSync(file, `#!/bin/bash\n${script}\n`);
      fs.chmodSync(file, 0o755);
      const log = path.join(stateDir, 'output');
      fs.rmSync(log, { force: true });
      const end = await system.run({
        label: 'script',
        file: bytePath('/opt/codedeploy-agent/deployment-root/script.sh'),
        ...(user !== undefined && { user }),
        env: {},
        log,
        timeoutMs: 60_000,
      });
      return { end, output: fs.readFileSync(log, 'utf8').trim() };
    };
    const run = async (...call: Parameters<typeof attempt>) => {
      const { end, output } = await attempt(...call);
      expect({ end, output }).toMatchObject({ end: { kind: 'exited', code: 0 } });
      return output;
    };
    return { instances, store, boot, attempt, run };
  };

  /** A web server on port 80 that names its machine, started as scripts without systemd do. */
  const serve = `cat > /opt/server.py <<'EOT'
from http.server import *
import socket
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(socket.gethostname().encode())
    def log_message(self, *arguments): pass
ThreadingHTTPServer(("", 80), Handler).serve_forever()
EOT
nohup /usr/bin/python3 /opt/server.py >/var/log/server.log 2>&1 </dev/null &
for turn in $(seq 100); do (: < /dev/tcp/127.0.0.1/80) 2>/dev/null && exit; sleep 0.1; done; cat /var/log/server.log; exit 1`;
  const ask = async (port: number | undefined) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    return answer.text();
  };

  it('can all listen on port 80, at ports of 127.0.0.1 of their own', async () => {
    const { instances, boot, run } = open();
    for (const id of ['i-1', 'i-2']) {
      await boot(id);
      await run(id, serve);
    }
    const ports = ['i-1', 'i-2'].map((id) => instances.machine(id)?.port);
    expect(await Promise.all(ports.map(ask))).toEqual(['i-1', 'i-2']);
  });

  it('serve a stub until the application takes over', async () => {
    const { instances, boot, run } = open();
    await boot('i-1', { hasStub: true });
    const port = instances.machine('i-1')?.port;
    expect(await ask(port)).toContain('waits for its first deployment');
    await instances.endStub('i-1');
    await run('i-1', serve);
    expect(await ask(port)).toBe('i-1');
  });

  it('keep what was written when they are started again, and run nothing meanwhile', async () => {
    const { instances, boot, run, store } = open();
    await boot('i-1');
    await run('i-1', `echo kept > /etc/kept; echo lost > /run/lost; ${serve}`);
    await instances.halt('i-1');
    const again = open(store);
    await again.instances.start(new Set(['i-1']));
    expect(await again.instances.recover('i-1')).toBe('restarted');
    stops.push(() => again.instances.remove('i-1'));
    expect(
      await again.run('i-1', 'cat /etc/kept; ls /run/lost 2>&1 | wc -l; ps -A | grep -c python || :'),
    ).toBe('kept\n1\n0');
  });

  it('are asked to end before they are ended', async () => {
    const { instances, boot, run } = open();
    await boot('i-1');
    await run(
      'i-1',
      'bash -c \'trap "echo asked > /var/log/asked; exit" TERM; : > /run/ready; while :; do sleep 0.05; done\' >/dev/null 2>&1 </dev/null &\nuntil [ -e /run/ready ]; do sleep 0.02; done',
    );
    await instances.halt('i-1');
    const file = path.join(instances.directory('i-1'), 'upper/var/log/asked');
    expect(fs.readFileSync(file, 'utf8')).toBe('asked\n');
  });

  it('are still while nothing is asked of them', async () => {
    const { boot, run } = open();
    await boot('i-1');
    const look = 'ps -A -o pid=,comm= | grep -v -E "bash|ps|grep|cat|sh|su"';
    const before = await run('i-1', look);
    expect(before).toMatch(/^\d+ sleep$/);
    expect(await run('i-1', look)).toBe(before);
  });

  it('that no store knows are removed at the start, with their files', async () => {
    const { instances, boot, run } = open();
    await boot('i-1');
    await run('i-1', 'mkdir -p /opt/app/sub; touch /opt/app/sub/file');
    await instances.halt('i-1');
    const again = open();
    await again.instances.start(new Set());
    expect(fs.existsSync(instances.directory('i-1'))).toBe(false);
  });

  it('have no systemd, and what needs it says so', async () => {
    const { boot, attempt } = open();
    await boot('i-1');
    const { end, output } = await attempt('i-1', 'systemctl restart shop');
    expect(end).not.toEqual({ kind: 'exited', code: 0 });
    expect(output).toMatch(/not been booted with systemd|systemctl: (?:command )?not found/);
  });

  it('have users where this machine can give them some', async () => {
    if (sandboxes.identities.kind === 'single') return;
    const { boot, run } = open();
    await boot('i-1');
    await run('i-1', 'useradd --system --user-group web-of-test; mkdir /srv/app; chown web-of-test /srv/app');
    expect(await run('i-1', 'id -un; stat -c %U /srv/app', 'web-of-test')).toBe('web-of-test\nweb-of-test');
  });

  describe('let nothing out', () => {
    const mark = `lockstep-attack-${process.pid}`;

    /** What nobody but the test may have changed: where an attack would show. */
    const picture = () =>
      JSON.stringify([
        [
          '/',
          '/etc',
          '/root',
          '/usr/bin',
          '/usr/local/bin',
          '/opt',
          '/var/tmp',
          '/dev',
          '/dev/shm',
          os.homedir(),
        ].map((directory) => [directory, fs.existsSync(directory) && namesIn(directory)]),
        ['/proc/sys/vm/swappiness', '/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname'].map(
          (file) => fs.readFileSync(file, 'utf8'),
        ),
        fs.readFileSync('/proc/self/mountinfo', 'utf8'),
        fs.statSync('/etc/passwd').mtimeMs,
      ]);
    const namesIn = (directory: string) => {
      try {
        return fs.readdirSync(directory).sort();
      } catch {
        return [];
      }
    };

    /** A root directory below the working directory does not hold root back. */
    const leaveRoot = `
import os, subprocess
os.mkdir("/tmp/below"); os.chroot("/tmp/below")
for _ in range(64): os.chdir("..")
os.chroot(".")
print("OUTSIDE", *sorted(os.listdir("/")), flush=True)
for place in ("/", "/usr", "/usr/bin", "/etc"):
    try: open(place + "/${mark}", "w"); print("WRITTEN", flush=True)
    except OSError: pass
subprocess.run(["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "/usr/bin/echo", "UNSHARED"])`;

    it('though root in them tries to', async () => {
      const victim = spawn('sleep', ['1000'], { stdio: 'ignore' });
      stops.push(() => victim.kill('SIGKILL'));
      fs.writeFileSync(path.join(stateDir, 'ledger'), 'untouched');
      const { boot, attempt } = open();
      await boot('i-1');
      await boot('i-2');
      const before = picture();
      const { output } = await attempt(
        'i-1',
        `exec 2>&1
        echo BEGAN
        for place in / /etc /root ~ /usr/bin /usr/local/bin /opt /srv /var/tmp /tmp /dev /dev/shm /run ${os.homedir()} ${stateDir} ${stateDir}/instances/i-2/upper; do
          echo x > "$place/${mark}"
        done
        rm -rf /opt/* /srv/* /usr/local/bin /home /root ${stateDir}
        echo '* * * * * root x' >> /etc/crontab; echo 'root::0:0::/:/bin/sh' > /etc/passwd
        echo 77 > /proc/sys/vm/swappiness; echo '|/bin/false' > /proc/sys/kernel/core_pattern
        echo ${mark} > /proc/sys/kernel/hostname; echo b > /proc/sysrq-trigger; echo 0 > /sys/kernel/uevent_helper
        mount -o remount,rw /proc/sys && echo REMOUNTED
        mount -t tmpfs tmpfs /mnt && echo MOUNTED
        mount -t proc proc /mnt && echo MOUNTED
        unshare --user --map-root-user --mount true && echo UNSHARED
        mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk > /dev/null && echo READ-DISK
        kill -9 ${victim.pid} ${process.pid} && echo KILLED
        [ -e /run/docker.sock ] || [ -e /var/run/docker.sock ] && echo DOCKER
        ls /proc/${process.pid} > /dev/null && echo SEES-PROCESSES
        cat /proc/1/environ > /dev/null && echo READS-FIRST
        ls /proc/1/root/ > /dev/null && echo ROOT-OF-FIRST
        cat ${stateDir}/ledger && echo READ-STATE
        (: < /dev/tcp/127.0.0.1/${await listener()}) && echo CONNECTED
        python3 -c '${leaveRoot}'
        kill -9 -1`,
      );
      expect(output).toContain('BEGAN');
      // A process that leaves the instance's root finds the programs that start it, and nothing else.
      expect(output).toMatch(/^OUTSIDE (?!.*\b(?:root|tmp|var|run)\b).*machine proc/m);
      for (const word of [
        ...['REMOUNTED', 'MOUNTED', 'UNSHARED', 'READ-DISK', 'KILLED', 'DOCKER', 'SEES-PROCESSES'],
        ...['READS-FIRST', 'ROOT-OF-FIRST', 'READ-STATE', 'CONNECTED', 'WRITTEN'],
      ])
        expect(output).not.toContain(word);
      expect(picture()).toBe(before);
      expect(listProcesses().some(({ pid }) => pid === victim.pid)).toBe(true);
      expect(fs.readFileSync(path.join(stateDir, 'ledger'), 'utf8')).toBe('untouched');
      // The instance is root's there, and gone on with; the other one has nothing of it.
      expect((await attempt('i-1', `cat /dev/shm/${mark} /etc/${mark}`)).output).toBe('x\nx');
      expect(
        (await attempt('i-2', `ls /etc/${mark} /dev/shm/${mark} /tmp/${mark}; cat /etc/passwd`)).output,
      ).toMatch(/root:x:0/);
    });

    it('though programs that start what runs in them are replaced', async () => {
      const { instances, boot, run, store } = open();
      await boot('i-1');
      await run(
        'i-1',
        `for name in setpriv chroot setsid nsenter mount umount pivot_root sleep sh; do rm -f /usr/bin/$name /usr/sbin/$name
        printf '#!/bin/bash\\ngrep CapBnd /proc/$$/status >> /etc/seen\\n' > /usr/bin/$name; chmod 755 /usr/bin/$name; done
        /usr/bin/mount`,
      );
      await instances.halt('i-1');
      const again = open(store);
      await again.instances.recover('i-1');
      stops.push(() => again.instances.remove('i-1'));
      await again.attempt('i-1', 'true');
      const file = path.join(instances.directory('i-1'), 'upper/etc/seen');
      const seen = fs.readFileSync(file, 'utf8').trim().split('\n');
      // CAP_SYS_ADMIN is the 21st.
      const may = seen.map((line) => (BigInt(`0x${line.split('\t')[1]}`) >> 21n) & 1n);
      expect(new Set(may)).toEqual(new Set([0n]));
    });

    /** A port of this machine on which something answers. */
    const listener = async () => {
      const server = (await import('node:net')).createServer((socket) => socket.destroy());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      stops.push(() => server.close());
      return (server.address() as { port: number }).port;
    };
  });

  it('end with the process that started them, and leave no mount', async () => {
    const { boot, run } = open();
    await boot('i-1');
    await run('i-1', 'sleep 1234.5 >/dev/null 2>&1 </dev/null &');
    const seen = () => execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' });
    expect(seen()).toContain('sleep 1234.5');
    for (const stop of stops.splice(0).reverse()) await stop();
    expect(seen()).not.toContain('sleep 1234.5');
    expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(stateDir);
  });
});
