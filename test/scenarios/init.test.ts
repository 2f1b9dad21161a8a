import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PromotedOnce } from '../../cli/init/promote-once.ts';
import { runProgram } from '../../cli/program.ts';
import { git } from '../../infra/local/run/git.ts';
import { runIn } from '../cli/run-in.ts';
import { freePorts } from '../support/ports.ts';
import { approveBoth, type Scenario, scenarioOf, startScenario } from './support/scenario.ts';

jest.setTimeout(400_000);

/** With `javac` and `jar` beside it. */
const hasJdk = ['javac', 'jar'].every((tool) => spawnSync(tool, ['--version']).status === 0);
const hasGo = spawnSync('go', ['version']).status === 0;

const server = `const http = require('node:http');
http.createServer((request, response) => {
  if (request.url === '/healthz') return response.end('ok');
  response.end('shop ' + process.pid);
}).listen(process.env.PORT || 8080, process.env.HOST);
`;
/** Without net/http, whose first compilation takes minutes. */
const goServer = `package main

import (
	"net"
	"os"
)

func main() {
	// GET "/health"
	listener, _ := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")))
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			connection.Read(make([]byte, 4096))
			connection.Write([]byte("HTTP/1.1 200 OK\\r\\nContent-Length: 13\\r\\nConnection: close\\r\\n\\r\\nwritten in Go"))
			connection.Close()
		}()
	}
}
`;
const javaServer = `import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public final class Books {
  public static void main(String[] args) throws Exception {
    var server = HttpServer.create(new InetSocketAddress(Integer.parseInt(System.getenv("PORT"))), 0);
    server.createContext("/", exchange -> {
      byte[] body = "written in Java".getBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }
}
`;
/** Stands for Maven's wrapper, which would fetch Maven and its plugins. */
const mavenWrapper = `#!/bin/sh
set -eu
[ "$*" = '-B package' ]
mkdir -p target/classes
javac -d target/classes $(find src/main/java -name '*.java')
jar --create --file target/books-1.0.jar --main-class Books -C target/classes .
`;
const applications = {
  books: {
    'pom.xml': '<project><mainClass>Books</mainClass></project>',
    mvnw: mavenWrapper,
    'src/main/java/Books.java': javaServer,
  },
  tool: { 'go.mod': 'module example.com/tool\n\ngo 1.21\n', 'main.go': goServer },
  front: {
    'package.json': '{"private":true,"scripts":{"build":"node build.mjs"}}',
    'index.html': '<h1>not bundled</h1>',
    'build.mjs':
      "import fs from 'node:fs';\nfs.mkdirSync('dist');\nfs.writeFileSync('dist/index.html', '<h1>bundled</h1>');\n",
  },
  shop: { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': server },
  site: { 'public/index.html': '<h1>one</h1>', 'public/about/index.html': 'about', 'public/.hidden': 'x' },
} as const;

/** Makes a repository of an application's files, promotable by `init` alone. @returns the configuration's entry */
const initialize = async (stateDir: string, name: keyof typeof applications): Promise<object> => {
  const directory = path.join(stateDir, 'applications', name);
  for (const [file, text] of Object.entries(applications[name])) {
    fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    fs.writeFileSync(path.join(directory, file), text);
  }
  let out = '';
  const code = await runProgram(['init', directory, '--json'], {
    directory: stateDir,
    out: (text) => {
      out = text;
    },
    error: (text) => {
      throw new Error(text);
    },
  });
  expect(code).toBe(0);
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  await git(directory, ['config', 'user.name', 'Dana']);
  await git(directory, ['config', 'user.email', 'dana@example.com']);
  await git(directory, ['add', '--all']);
  await git(directory, ['commit', '--quiet', '--message', 'Begin']);
  // The scenario takes it for its own working tree.
  fs.writeFileSync(path.join(directory, '.git', 'lockstep-sample'), '');
  return (JSON.parse(out) as { application: object }).application;
};

describe('applications that init made promotable', () => {
  let shop: Scenario;
  let site: Scenario;
  let tool: Scenario;
  let front: Scenario;
  let books: Scenario;
  beforeAll(async () => {
    const stateDir = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-scenario-'));
    const lockstep = {
      applications: [
        await initialize(stateDir, 'shop'),
        await initialize(stateDir, 'site'),
        await initialize(stateDir, 'tool'),
        await initialize(stateDir, 'front'),
        await initialize(stateDir, 'books'),
      ],
      approvers: { qc: ['qc@example.com'], pmo: ['pmo@example.com'] },
      operators: ['operators@example.com'],
    };
    shop = await startScenario({ stateDir, lockstep });
    site = await scenarioOf(shop.run, stateDir, 'site');
    tool = await scenarioOf(shop.run, stateDir, 'tool');
    front = await scenarioOf(shop.run, stateDir, 'front');
    books = await scenarioOf(shop.run, stateDir, 'books');
  });
  afterAll(() => shop?.stop());

  it('are promoted through QAT to Prod: Node.js and a static site', async () => {
    const [ofShop, ofSite] = await Promise.all([shop.startPromotion(), site.startPromotion()]);
    const ends = await Promise.all([approveBoth(ofShop), approveBoth(ofSite)]);
    expect(ends.map(({ status, cause }) => [status, cause])).toEqual([
      ['SUCCEEDED', ''],
      ['SUCCEEDED', ''],
    ]);
    for (const url of [shop.application.qatUrl, shop.application.prodUrl])
      expect(await (await fetch(url)).text()).toMatch(/^shop \d+$/);
    for (const url of [site.application.qatUrl, site.application.prodUrl]) {
      expect(await (await fetch(url)).text()).toBe('<h1>one</h1>');
      const about = await fetch(new URL('/about', url));
      expect([about.url.endsWith('/about/'), await about.text()]).toEqual([true, 'about']);
    }
  });

  it('are replaced by the next promotion, and no file but the site’s is served', async () => {
    fs.writeFileSync(path.join(site.source.directory, 'public/index.html'), '<h1>two</h1>');
    expect(await approveBoth(await site.startPromotion())).toMatchObject({ status: 'SUCCEEDED' });
    const get = async (file: string) => {
      const answer = await fetch(new URL(file, site.application.prodUrl));
      return [answer.status, answer.headers.get('content-type'), await answer.text()] as const;
    };
    expect(await get('/')).toEqual([200, 'text/html; charset=utf-8', '<h1>two</h1>']);
    for (const hidden of ['/.hidden', '/..%2fappspec.yml', '/%2e%2e/deploy/run.sh', '/none', '/%00'])
      expect([hidden, (await get(hidden))[0]]).toEqual([hidden, 404]);
    expect((await get('/%ff'))[0]).toBe(400);
  });

  const promoted = async ({ startPromotion, application }: Scenario) => {
    expect(await approveBoth(await startPromotion())).toMatchObject({ status: 'SUCCEEDED' });
    return Promise.all(
      [application.qatUrl, application.prodUrl].map(async (url) => (await fetch(url)).text()),
    );
  };

  it('are built first where their commit has not what runs: a bundled front end', async () => {
    expect(await promoted(front)).toEqual(['<h1>bundled</h1>', '<h1>bundled</h1>']);
  });

  (hasGo ? it : it.skip)('are built first where their commit has not what runs: Go', async () => {
    expect(await promoted(tool)).toEqual(['written in Go', 'written in Go']);
  });

  (hasJdk ? it : it.skip)('are built first where their commit has not what runs: Java', async () => {
    expect(await promoted(books)).toEqual(['written in Java', 'written in Java']);
  });

  it('fail at ValidateService if they do not answer', async () => {
    fs.writeFileSync(path.join(shop.source.directory, 'server.js'), "process.exit(1) // '/healthz'\n");
    const validate = path.join(shop.source.directory, 'deploy/validate-service.sh');
    fs.writeFileSync(validate, fs.readFileSync(validate, 'utf8').replace('-ge 60', '-ge 2'));
    const ended = await (await shop.startPromotion()).ended();
    expect(ended).toMatchObject({ status: 'FAILED', error: 'DeploymentFailed' });
    expect(ended.cause).toContain('ValidateService');
  });
});

describe('init --promote', () => {
  let directory: string;
  let shop: string;
  beforeEach(async () => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-scenario-'));
    shop = path.join(directory, 'shop');
    for (const [file, text] of Object.entries(applications.shop)) {
      fs.mkdirSync(shop, { recursive: true });
      fs.writeFileSync(path.join(shop, file), text);
    }
    await git(shop, ['init', '--quiet', '--initial-branch=main']);
    await git(shop, ['config', 'user.name', 'Dana']);
    await git(shop, ['config', 'user.email', 'dana@example.com']);
    await git(shop, ['add', '--all']);
    await git(shop, ['commit', '--quiet', '--message', 'Begin']);
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  const promote = async (...args: readonly string[]) => {
    const { endpoint } = await freePorts();
    const { code, out, error } = await runIn(directory, [
      ...['init', 'shop', '--promote', '--port', String(endpoint), '--json'],
      ...args,
    ]);
    if (out === '') throw new Error(error);
    const { promoted } = JSON.parse(out) as { promoted: PromotedOnce };
    return { code, promoted };
  };

  it('promotes what a commit of everything would have, and commits nothing in the directory', async () => {
    const { code, promoted } = await promote();
    expect([code, promoted.exitCode, promoted.keptIn]).toEqual([0, 0, undefined]);
    expect(promoted.report).toMatchObject({ promotion: { status: 'SUCCEEDED' }, traffic: { failed: 0 } });
    expect(promoted.report?.states.at(-1)?.name).toBe('Promoted');
    expect(await git(shop, ['log', '--format=%s'])).toBe('Begin');
    const changed = (await git(shop, ['status', '--porcelain'])).split('\n');
    expect(changed.length).toBeGreaterThan(1);
    expect(changed.filter((line) => !line.startsWith('??'))).toEqual([]);
  });

  it('fails with the exit code of the local run, and keeps its state', async () => {
    expect((await runIn(directory, ['init', 'shop'])).code).toBe(0);
    fs.writeFileSync(path.join(shop, 'server.js'), "process.exit(1) // '/healthz'\n");
    const validate = path.join(shop, 'deploy/validate-service.sh');
    fs.writeFileSync(validate, fs.readFileSync(validate, 'utf8').replace('-ge 60', '-ge 2'));
    const { code, promoted } = await promote('--state-dir', 'state');
    expect([code, promoted.exitCode]).toEqual([1, 1]);
    expect(promoted.keptIn).toBe(path.join(directory, 'state'));
    expect(promoted.report?.states.at(-1)).toMatchObject({ name: 'Deploy to QAT', status: 'FAILED' });
  });
});
