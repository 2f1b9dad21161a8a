/** A command class of an SDK client; its input and output types are the SDK's own. */
type CommandClass<Input, Output> = new (
  input: Input,
) => {
  readonly input: Input;
  resolveMiddleware: (...parameters: never[]) => (...parameters: never[]) => Promise<{ output: Output }>;
};

/** How a client's double answers one command. */
export interface Answer {
  readonly command: new (input: never) => object;
  readonly answer: (input: never) => unknown;
}

/** Answers a command with what AWS would: an output of the SDK's type, or an exception of the SDK that it throws. */
export const on = <Input, Output>(
  command: CommandClass<Input, Output>,
  answer: (input: Input) => Omit<Output, '$metadata'>,
): Answer => ({ command, answer });

/** A real SDK client that asks these answers instead of AWS, and the inputs that it was sent. */
export const double = <Client extends { send: unknown }>(client: Client, ...answers: readonly Answer[]) => {
  const sent: { readonly command: string; readonly input: unknown }[] = [];
  client.send = async (command: { readonly input: never }) => {
    const name = command.constructor.name;
    sent.push({ command: name, input: command.input });
    const found = answers.find((candidate) => command instanceof candidate.command);
    if (found === undefined) throw new Error(`The double has no answer for ${name}`);
    return { $metadata: {}, ...(found.answer(command.input) as object) };
  };
  return { client, sent };
};

/** Configuration with which clients need no environment. */
export const offline = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

/** What SDK exceptions are made from. */
export const because = (message: string) => ({ message, $metadata: {} });
