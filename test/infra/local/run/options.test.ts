import { UsageError } from '../../../../cli/arguments.ts';
import { parseOptions } from '../../../../infra/local/run/options.ts';

const parse = (...args: string[]) => parseOptions(args, '/home/quinn');

describe('command line', () => {
  it('has defaults for everything', () => {
    expect(parse()).toEqual({
      unattended: false,
      qc: 'quinn',
      pmo: 'parker',
      failures: new Map(),
      redrives: 0,
      soak: false,
      runsScriptsHere: false,
      stateDir: '/home/quinn/.lockstep',
      port: 4566,
    });
  });

  it('reads every option, with paths relative to the working directory', () => {
    const args =
      '--app ../orders --config shop.json --unattended --qc sam --pmo quinn --redrive 2 --soak --report out/report.json --state-dir /tmp/s --port 5000 --instances container --image localhost/golden --run-scripts-on-this-machine';
    expect(parse(...args.split(' '), '--fail', 'Build Prod image', '--fail', 'Deploy to QAT=3')).toEqual({
      app: '/home/orders',
      config: '/home/quinn/shop.json',
      unattended: true,
      qc: 'sam',
      pmo: 'quinn',
      failures: new Map([
        ['Build Prod image', 1],
        ['Deploy to QAT', 3],
      ]),
      redrives: 2,
      soak: true,
      instances: 'container',
      image: 'localhost/golden',
      runsScriptsHere: true,
      report: '/home/quinn/out/report.json',
      stateDir: '/tmp/s',
      port: 5000,
    });
  });

  it('gives help when asked', () => {
    expect(parse('--help')).toBe('help');
  });

  it.each([
    [['--qc', 'quinn'], '--qc goes with --unattended'],
    [['--redrive', '1'], '--redrive goes with --unattended'],
    [['--unattended', '--qc', 'mallory'], '--qc takes one of quinn, parker, sam, dana, olga, got "mallory"'],
    [['--port', '80'], '--port takes a whole number from 1024 to 65529, got "80"'],
    [['--port', '4566.5'], 'got "4566.5"'],
    [['--unattended', '--redrive', '-1'], '--redrive'],
    [['--fail', '=2'], '--fail takes "STATE" or "STATE=N", got "=2"'],
    [['--fail', 'Deploy to QAT=0'], 'from 1 to 100, got "0"'],
    [['--fail', 'A=1=2'], 'got "A=1=2"'],
    [['--instances', 'vm'], '--instances takes process, sandbox, container, got "vm"'],
    [['--instances', 'process', '--image', 'x'], '--image goes with --instances container'],
    [['--instances', 'sandbox', '--image', 'x'], '--image goes with --instances container'],
    [['--frobnicate'], "'--frobnicate'"],
    [['promote'], "'promote'"],
  ])('fails on %j, saying what is wrong', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});
