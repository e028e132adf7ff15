import type { LogLevel } from "@ccm/base";
import { Command, CommanderError, Option } from "commander";
import { defaultConfig, type ManagerConfig, validateConfig } from "./config.ts";
import { asInteger, FLAGS_WITHOUT_EFFECT, flagTable } from "./flag-table.ts";
import { UsageError } from "./usage-error.ts";

export interface CommandInfo {
  readonly command: string;
  readonly description: string;
  readonly version: string;
  /** Default, and the only accepted value, of --cloud-provider. */
  readonly cloudProvider: string;
}

export type ParsedFlags =
  | { readonly kind: "run"; readonly config: ManagerConfig }
  /** --help or --version: print the text and leave. */
  | { readonly kind: "print"; readonly text: string };

/** From this verbosity on, Kubernetes components tell what only developers want to know. */
const DEBUG_VERBOSITY = 4;

/** Reads the command line. Throws a UsageError. */
export function parseFlags(argv: readonly string[], info: CommandInfo): ParsedFlags {
  const defaults = defaultConfig(info.cloudProvider);
  const specs = [...flagTable(defaults), ...FLAGS_WITHOUT_EFFECT];
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
    command.addOption(option.argParser((value) => parse(value, name)));
  }
  const verbosity = new Option(
    "-v, --v <number>",
    "as in other Kubernetes components: 4 and more is --log-level=debug",
  );
  command.addOption(verbosity.argParser((value) => asInteger(value, "v")));
  const booleans = new Set(specs.filter(({ boolean }) => boolean).map(({ name }) => name));
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
  const { v, ...given } = command.opts<Partial<ManagerConfig> & { readonly v?: number }>();
  for (const { name } of FLAGS_WITHOUT_EFFECT) Reflect.deleteProperty(given, fieldOf(name));
  const logLevel: LogLevel = given.logLevel ?? ((v ?? 0) >= DEBUG_VERBOSITY ? "debug" : defaults.logLevel);
  const config = { ...defaults, ...given, logLevel };
  const faults = validateConfig(config, info.cloudProvider);
  if (faults.length > 0) throw new UsageError(faults.join("; "));
  return { kind: "run", config };
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

function fieldOf(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
