import { CLOCK_SPEC_HINT, type ClockSpec, parseClockSpec } from "@ccm/baiducloud-simulator";
import { type Command, InvalidArgumentError, Option } from "commander";

/** What `cloudlab baiducloud` is told. */
export interface CloudFlags {
  readonly port: number;
  readonly host: string;
  /** Default: the one that the state, or else the world, begins with; "bj". */
  readonly region?: string;
  /** A file of what is there from the start. Default: an account with a VPC. */
  readonly world?: string;
  /** The same seed makes the same ids. Default: by chance. */
  readonly seed?: string;
  /** A file that keeps everything. Default: nothing is kept. */
  readonly state?: string;
  /** How the cloud's time runs. */
  readonly clock: ClockSpec;
  readonly faults?: string;
  readonly record?: string;
  readonly budget?: string;
  readonly portsPerProduct: boolean;
  readonly endpoints: boolean;
}

export const port = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535) {
    throw new InvalidArgumentError("expected a port number, 0 to 65535 (0 picks a free one).");
  }
  return value;
};

const region = (text: string): string => {
  if (!/^[a-z]{2,8}$/.test(text)) throw new InvalidArgumentError('expected the short name of a region, such as "bj".');
  return text;
};

const clock = (text: string): ClockSpec => {
  const spec = parseClockSpec(text);
  if (!spec) throw new InvalidArgumentError(`expected ${CLOCK_SPEC_HINT}.`);
  return spec;
};

const asIs = (text: string): string => text;

const REAL_TIME: ClockSpec = { pace: 1 };

interface Flag {
  readonly flags: string;
  readonly about: string;
  readonly parse?: (text: string) => string | number | ClockSpec;
  readonly fallback?: string | number | boolean | ClockSpec;
  /** How the fallback is shown in the help. */
  readonly shown?: string;
}

/** One row for each flag; the field of CloudFlags is its name. */
const FLAGS: readonly Flag[] = [
  { flags: "--port <port>", about: "port (0: a free one)", parse: port, fallback: 0 },
  { flags: "--host <address>", about: "address to listen at", fallback: "127.0.0.1" },
  {
    flags: "--region <name>",
    about: "region of the lab; default: that of the state or the world, or bj",
    parse: region,
  },
  {
    flags: "--world <file>",
    about: "begin with the accounts, networks, … of this file (YAML); with --state, an empty one",
  },
  { flags: "--seed <text>", about: "with --clock stepped, answer the same calls the same each time; not for secrets" },
  { flags: "--state <file>", about: "keep everything in this file, and go on from it; default: nothing is kept" },
  {
    flags: "--clock <spec>",
    about: "the cloud's time: real, scaled:N, stepped, or stepped:TIME; POST /admin/clock moves it",
    parse: clock,
    fallback: REAL_TIME,
    shown: "real",
  },
  { flags: "--faults <file>", about: "misbehave by the rules of this file (YAML), from the start" },
  { flags: "--record <file>", about: "write every call into this file, without its secrets" },
  { flags: "--budget <file>", about: "exit with 3 when there were more calls than this file (YAML) allows" },
  { flags: "--ports-per-product", about: "give each product a port of its own as well", fallback: false },
  {
    flags: "--endpoints",
    about: "print to stderr how SDKs, Terraform and our cloud config are led here",
    fallback: false,
  },
];

const EXAMPLES = `
Examples:
  cloudlab baiducloud --port 9000 --seed demo
  cloudlab baiducloud --ports-per-product --endpoints
  cloudlab baiducloud --world examples/worlds/three-zones.yaml
  cloudlab baiducloud --clock scaled:60 --state cloud.db
  cloudlab baiducloud --faults faults.yaml --record calls.jsonl --budget budget.yaml
`;

export function addCloudCommand(program: Command, run: (options: CloudFlags) => Promise<void>): void {
  const command = program
    .command("baiducloud")
    .description("the Baidu AI Cloud simulator alone; prints one JSON line when ready")
    .addHelpText("after", EXAMPLES);
  for (const { flags, about, parse, fallback, shown } of FLAGS) {
    const option = new Option(flags, about);
    // A flag without a value knows no parser.
    if (typeof fallback !== "boolean") option.argParser(parse ?? asIs);
    command.addOption(fallback === undefined ? option : option.default(fallback, shown));
  }
  command.action(run);
}
