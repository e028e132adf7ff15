import type { LogLevel } from "@ccm/base";
import { Command, CommanderError, Option } from "commander";
import { defaultConfig, type ManagerConfig } from "./config.ts";
import { CONTROLLER_NAMES, canonicalNames } from "./controller-names.ts";
import { asInteger } from "./flag-spec.ts";
import { flagTable } from "./flag-table.ts";
import { type FormerFlag, formerOption } from "./former-flags.ts";
import { UsageError } from "./usage-error.ts";
import { type Known, validateConfig } from "./validate.ts";

export interface CommandInfo extends Known {
  readonly command: string;
  readonly description: string;
  readonly version: string;
  /** Taken, without effect. */
  readonly formerFlags?: readonly FormerFlag[];
}

export type ParsedFlags =
  | { readonly kind: "run"; readonly config: ManagerConfig }
  /** --help or --version: print the text and leave. */
  | { readonly kind: "print"; readonly text: string };

/** From this verbosity on, Kubernetes components tell what only developers want to know. */
const DEBUG_VERBOSITY = 4;

/** Reads the command line. Throws a UsageError that names all faults at once. */
export function parseFlags(argv: readonly string[], info: CommandInfo): ParsedFlags {
  const defaults = defaultConfig(info.cloudProvider);
  const specs = flagTable(defaults);
  let printed = "";
  const command = new Command(info.command)
    .description(info.description)
    .helpOption("-h, --help", "show this text")
    .version(info.version, "--version", "show the version")
    .allowExcessArguments(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
    });
  for (const { name, help, parse, shown } of specs) {
    const option = new Option(`--${name} <value>`, shown === "" ? help : `${help} (default ${shown})`);
    command.addOption(option.argParser(parse));
  }
  const former = info.formerFlags ?? [];
  for (const flag of former) command.addOption(formerOption(flag));
  const verbosity = new Option(
    "-v, --v <number>",
    "as in other Kubernetes components: 4 and more is --log-level=debug",
  );
  command.addOption(verbosity.argParser((value) => asInteger(value, "v")));
  const booleans = new Set([...specs, ...former].filter(({ boolean }) => boolean).map(({ name }) => name));
  try {
    command.parse(normalise(argv, booleans), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "print", text: printed };
    throw new UsageError(`${ourWords(error)} (see --help)`);
  }
  if (command.args.length > 0) {
    throw new UsageError(`"${info.command}" does not take any arguments, got [${command.args.join(" ")}]`);
  }
  const { v, ...taken } = command.opts<Partial<ManagerConfig> & { readonly v?: number }>();
  const withoutEffect = new Set(former.map((flag) => formerOption(flag).attributeName()));
  const given = Object.fromEntries(Object.entries(taken).filter(([name]) => !withoutEffect.has(name)));
  const logLevel: LogLevel = taken.logLevel ?? levelOfVerbosity(v ?? 0);
  const config = { ...defaults, ...given, logLevel };
  const faults = validateConfig(config, info);
  if (faults.length > 0) throw new UsageError(faults.join("; "));
  return { kind: "run", config: applied(config, info) };
}

/** What is worked with: canonical names, and what one flag takes over from another. */
export function applied(config: ManagerConfig, known: Pick<Known, "controllers">): ManagerConfig {
  return {
    ...config,
    controllers: canonicalNames(config.controllers, known.controllers ?? CONTROLLER_NAMES),
    concurrentNodeStatusUpdates: config.concurrentNodeStatusUpdates || config.concurrentNodeSyncs,
  };
}

export function levelOfVerbosity(verbosity: number): LogLevel {
  return verbosity >= DEBUG_VERBOSITY ? "debug" : "info";
}

/** Underscores become dashes, and a boolean flag without a value is true, as in Go. */
function normalise(argv: readonly string[], booleans: ReadonlySet<string>): string[] {
  return argv.map((arg) => {
    if (/^-v=/.test(arg)) return `-${arg}`;
    const match = /^--([^=]+)(=.*)?$/s.exec(arg);
    if (!match) return arg;
    const name = (match[1] ?? "").replaceAll("_", "-");
    // --version=raw is a form of Go's.
    if (name === "version") return "--version";
    return `--${name}${match[2] ?? (booleans.has(name) ? "=true" : "")}`;
  });
}

/** Commander's complaints as one line each: "unknown flag --clutser-name; did you mean --cluster-name?". */
function ourWords({ code, message }: CommanderError): string {
  const named = /--?[\w-]+/.exec(message)?.[0] ?? "";
  if (code === "commander.unknownOption") {
    const similar = /Did you mean (?:one of )?(.+)\?/.exec(message)?.[1];
    return `unknown flag ${named}${similar ? `; did you mean ${similar.replaceAll(", ", " or ")}?` : ""}`;
  }
  if (code === "commander.optionMissingArgument") return `${/--[\w-]+/.exec(message)?.[0] ?? named}: value missing`;
  return message.replace(/^error: /, "").replaceAll("\n", " ");
}
