import { errorText, unlessAborted } from "@ccm/base";
import { type Command, CommanderError } from "commander";
import { EXIT, type Io, NAME, UsageFault } from "./io.ts";

export const EXIT_CODES = `
Exit codes:
  0  nothing to do
  1  failure: something could not be read, or not be done
  2  the command line is wrong
  3  there are changes or findings`;

/** Runs a command line of a program. Resolves to the exit code; what goes wrong is one line on stderr. */
export async function runProgram(
  create: (io: Io, done: (exitCode: number) => void) => Command,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  let exitCode: number = EXIT.nothing;
  const program = create(io, (code) => {
    exitCode = code;
  });
  if (argv.length === 0) {
    io.out(program.helpInformation());
    return EXIT.nothing;
  }
  try {
    // Not all that waits below can be told to stop: what was asked of the cloud may be asked for others, too.
    await unlessAborted(program.parseAsync([...argv], { from: "user" }), io.signal);
    return exitCode;
  } catch (error) {
    // Commander has printed its line already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.nothing : EXIT.usage;
    if (io.signal.aborted) {
      io.err(`${NAME}: interrupted\n`);
      return EXIT.interrupted;
    }
    io.err(`${NAME}: ${oneLine(errorText(error))}\n`);
    // By its name: to load its class takes longer than all of the credential plugin.
    const isUsage = error instanceof UsageFault || (error instanceof Error && error.name === "CloudConfigError");
    return isUsage ? EXIT.usage : EXIT.failure;
  }
}

/** How every program of ours writes, and fails. */
export function configured(program: Command, io: Io): Command {
  return program
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: (text, write) => write(`${NAME}: ${oneLine(text.replace(/^error: /, ""))} (see --help)\n`),
    })
    .enablePositionalOptions()
    .exitOverride();
}

export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
