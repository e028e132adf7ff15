import { Command, InvalidArgumentError, Option } from "commander";

export interface Flags {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly service: string;
  readonly webhookUrl?: URL;
  readonly port: number;
  readonly metricsPort: number;
  readonly clusterId?: string;
  readonly region?: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

const NAME = "tenant-operator";
const EXAMPLES = `
Examples:
  ${NAME} --namespace=tenant-system --cluster-id=cce-abcdefgh --region=bj
  ${NAME} --kubeconfig=$HOME/.kube/config --webhook-url=https://127.0.0.1:9443 --log-level=debug

Exit codes:
  0  ended as asked, by SIGTERM or SIGINT
  1  failure: one line on stderr says which
  2  the command line is wrong`;

/** The command line; a wrong one throws commander's error, whose one line is printed. */
export function createProgram(run: (flags: Flags) => Promise<void>): Command {
  return new Command(NAME)
    .description("Keeps the tenants of a shared cluster as their Tenant objects say")
    .configureOutput({
      outputError: (text, write) => write(`${NAME}: ${text.replace(/^error: /, "").trim()} (see --help)\n`),
    })
    .exitOverride()
    .option("--kubeconfig <file>", "how to reach the API server (default: the Pod's own)")
    .option("--namespace <name>", "where the operator runs, and keeps the tenants' own Secrets", "tenant-system")
    .option("--service <name>", "the Service through which the API server reaches the webhooks", "tenant-operator")
    .option(
      "--webhook-url <url>",
      "how it reaches them instead, outside of a cluster: https://127.0.0.1:9443",
      webhookUrl,
    )
    .option("--port <port>", "of the webhooks, over TLS", port, 9443)
    .option("--metrics-port <port>", "of GET /metrics, without TLS", port, 8080)
    .option("--cluster-id <id>", "of CCE, for owners that are IAM users; keys come from the environment or a profile")
    .option("--region <region>", "of the cluster and of registries that robots are made in, such as bj")
    .addOption(
      new Option("--log-level <level>", "what is logged").choices(["debug", "info", "warn", "error"]).default("info"),
    )
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments(false)
    .action(run);
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("expected a port: 0 to 65535.");
}

function webhookUrl(text: string): URL {
  const url = URL.parse(text);
  // Paths are the operator's own.
  if (url?.protocol === "https:" && url.pathname === "/" && url.search === "" && url.username === "") return url;
  throw new InvalidArgumentError("expected https://HOST:PORT.");
}
