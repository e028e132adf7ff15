import { Command } from "commander";
import { type Io, NAME } from "../io.ts";
import { configured, EXIT_CODES, runProgram } from "../run-program.ts";
import { addCredential } from "./credential-command.ts";

/** The program with nothing but the credential plugin: kubectl starts it for each of its commands, and waits for it. */
export function runCredential(argv: readonly string[], io: Io): Promise<number> {
  const create = (_: Io, done: (exitCode: number) => void) => {
    const program = configured(new Command(NAME), io);
    addCredential(program, io, done, EXIT_CODES);
    return program;
  };
  return runProgram(create, argv, io);
}
