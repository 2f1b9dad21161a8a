import type { RevisionFile } from '../../tasks/appspec/revision.ts';
import type { ApplicationKind } from './application-kind.ts';

const has = (files: readonly RevisionFile[], name: string) => files.some(({ path }) => path === name);

const requires = (command: string, what: string): string =>
  `command -v ${command} >/dev/null || { echo "${what} is needed, and ${command} was not found." >&2; exit 1; }`;

/** What people should know of a build. @param made what it makes */
export const buildNote = (made: string) =>
  `The commit lacks ${made}. buildspec.yml makes it, once for each commit, and QAT and Prod get what it made ("build" in the configuration); on the local run, this machine's own tools build.`;

/** What of a build file makes a jar that `java -jar` can start, with a main class and what it uses. */
const STARTABLE = /spring-boot-maven-plugin|org\.springframework\.boot|<mainClass>|Main-Class|shadow/;

const notStartable = (isMaven: boolean, file: string): string =>
  `${file} names no main class (a guess from the text), and java -jar needs a jar with one and with all that it uses: ${
    isMaven
      ? 'add spring-boot-maven-plugin or maven-shade-plugin, or set mainClass in the manifest of maven-jar-plugin'
      : "add Spring Boot's or the shadow plugin, or set Main-Class in the manifest of jar"
  }.`;

/** An application in Java, by its Maven or Gradle files. */
export function javaKind(files: readonly RevisionFile[]): ApplicationKind | undefined {
  const isMaven = has(files, 'pom.xml');
  const gradle = ['build.gradle', 'build.gradle.kts'].find((name) => has(files, name));
  if (!isMaven && gradle === undefined) return undefined;
  const [wrapper, program, task] = isMaven ? ['mvnw', 'mvn', '-B package'] : ['gradlew', 'gradle', 'build'];
  const directory = isMaven ? 'target' : 'build/libs';
  const file = isMaven ? 'pom.xml' : (gradle ?? '');
  const isStartable = files.some(
    ({ path, text = '' }) => path.split('/').at(-1) === file && STARTABLE.test(text),
  );
  const hasActuator = files.some(({ text = '' }) => text.includes('spring-boot-starter-actuator'));
  return {
    title: 'Java application',
    because: file,
    runtime: 'java',
    requirements: [requires('java', 'Java')],
    setup: [],
    start: [
      `jar=$(find ${directory} -maxdepth 1 -name '*.jar' ! -name '*-sources.jar' ! -name '*-javadoc.jar' ! -name '*-plain.jar' ! -name 'original-*' | head -n 1)`,
      `[ -n "$jar" ] || { echo "There is no application's .jar in ${directory}: build it first." >&2; exit 1; }`,
      '# Spring Boot listens there.',
      'export SERVER_PORT="$PORT"',
      'exec java -jar "$jar"',
    ],
    build: {
      runtimeVersions: { java: 'corretto21' },
      commands: [has(files, wrapper) ? `sh ./${wrapper} ${task}` : `${program} ${task}`],
      artifacts: [`${directory}/*.jar`],
    },
    ...(hasActuator && { healthCheckPath: '/actuator/health' }),
    notes: [buildNote(`${directory}/*.jar`), ...(isStartable ? [] : [notStartable(isMaven, file)])],
  };
}

/** A program in Go, by its module. @param name what the program is called */
export function goKind(files: readonly RevisionFile[], name: string): ApplicationKind | undefined {
  if (!has(files, 'go.mod')) return undefined;
  const mains = files
    .filter(
      ({ path, text = '' }) =>
        /\.go$/.test(path) && !/_test\.go$/.test(path) && /^package main\b/m.test(text),
    )
    .map(({ path }) => (path.includes('/') ? `./${path.slice(0, path.lastIndexOf('/'))}` : '.'));
  const [main = '.', ...others] = [...new Set(mains)].sort();
  return {
    title: 'Go program',
    because: 'go.mod',
    runtime: 'none',
    requirements: [],
    setup: [],
    start: [
      `[ -x bin/${name} ] || { echo "There is no program bin/${name}: build it first." >&2; exit 1; }`,
      `exec bin/${name}`,
    ],
    build: {
      runtimeVersions: { golang: 'latest' },
      commands: [`CGO_ENABLED=0 go build -o bin/${name} ${main}`],
      artifacts: [`bin/${name}`],
    },
    notes: [
      ...(others.length > 0 ? [`It has several programs; ${main} is built, not ${others.join(', ')}.`] : []),
      buildNote(`bin/${name}`),
    ],
  };
}
