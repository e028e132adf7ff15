import { Argument, Command, Option } from "commander";
import { ASK, candidates, completionScript, SHELLS, type Shell } from "./completion.ts";
import { namesInCluster, wantedNames } from "./completion-names.ts";
import { type DoctorOptions, doctor } from "./doctor.ts";
import { drift } from "./drift.ts";
import { type ExplainOptions, explain } from "./explain.ts";
import { type Io, NAME } from "./io.ts";
import { addKubeconfigCommands } from "./kubeconfig/command.ts";
import { type MigrateOptions, migrate } from "./migrate.ts";
import { type OrphansOptions, orphans } from "./orphans.ts";
import { FORMATS } from "./output.ts";
import { plan, type ServiceCommandOptions } from "./plan.ts";
import { addRegistryCommands } from "./registry/command.ts";
import { configured, EXIT_CODES, runProgram } from "./run-program.ts";
import { addTenantCommands } from "./tenant/command.ts";

export const VERSION = "0.1.0";

/** Runs a command line. Resolves to the exit code; what goes wrong is one line on stderr. */
export function run(argv: readonly string[], io: Io): Promise<number> {
  return runProgram(createProgram, argv, io);
}

export function createProgram(io: Io, done: (exitCode: number) => void): Command {
  const program = configured(new Command(NAME), io)
    .description("What a Kubernetes cluster has in Baidu AI Cloud: also as `kubectl baiducloud …`")
    .version(VERSION)
    .addHelpText("after", EXIT_CODES);

  const command = (name: string, description: string, examples: readonly string[]): Command => {
    const lines = examples.map((example) => `  kubectl baiducloud ${example}`);
    return withConnection(program.command(name).description(description))
      .addOption(new Option("-o, --output <format>", "how to print it").choices(FORMATS).default("table"))
      .addHelpText("after", `\nExamples:\n${lines.join("\n")}\n${EXIT_CODES}`);
  };
  const services = (
    name: string,
    description: string,
    run: (io: Io, options: ServiceCommandOptions) => Promise<number>,
  ) =>
    command(name, description, [name, `${name} web shop/cart`, `${name} -n shop`, `${name} -o json | jq '.summary'`])
      .argument("[service...]", "namespace/name, or a name in the namespace; none: all")
      .option("-n, --namespace <namespace>", "only its Services; default for names: that of the context")
      .action(async (names: readonly string[], options: Omit<ServiceCommandOptions, "services">) => {
        done(await run(io, { ...options, services: names }));
      });

  services("plan", "What the CCM would change in the cloud now, for a Service, a namespace or all", plan);
  services("drift", "Which fields in the cloud are not as the Services want them", drift);

  command("explain", "Why a Service has no load balancer yet, or a node its taints, and what to do", [
    "explain service/web",
    "explain svc/cart -n shop",
    "explain node/node-1",
    "explain service/web -o yaml",
  ])
    .argument("<type/name>", "service/NAME (svc) or node/NAME (no)")
    .option("-n, --namespace <namespace>", "of the Service; default: that of the context")
    .action(async (target: string, options: Omit<ExplainOptions, "target">) => {
      done(await explain(io, { ...options, target }));
    });

  command("orphans", "What the cloud has with this cluster's marks and nothing in the cluster claims", [
    "orphans",
    "orphans --delete",
    "orphans --delete --yes -o json",
  ])
    .option("--delete", "delete them, after a question", false)
    .option("--yes", "with --delete: do not ask", false)
    .action(async (options: OrphansOptions) => done(await orphans(io, options)));

  command(
    "doctor",
    "Whether all is right that the CCM needs: credentials, clock, permissions, quotas, endpoints, RBAC",
    [
      "doctor",
      "doctor --cloud-config cloud.yaml",
      "doctor --service-account kube-system/cloud-controller-manager",
      "doctor -o json | jq '.checks[] | select(.result == \"failed\")'",
    ],
  )
    .option(
      "--service-account <namespace/name>",
      "whose rights in the cluster to look at; self: one's own",
      "kube-system/cloud-controller-manager",
    )
    .action(async (options: DoctorOptions) => done(await doctor(io, options)));

  command("migrate", "What taking over from Baidu's Go CCM would do; changes nothing", [
    "migrate",
    "migrate --former-config /etc/kubernetes/cloud.config",
    "migrate -- --route-reconciliation-period=50s --allocate-node-cidrs=true",
  ])
    .argument("[flags...]", "after --: the command line of the Go CCM")
    .option("--former-config <file>", "its cloud config (default: the one at hand)")
    .action(async (flags: readonly string[], options: Omit<MigrateOptions, "formerFlags">) => {
      done(await migrate(io, { ...options, formerFlags: flags }));
    });

  addKubeconfigCommands(program, io, done, EXIT_CODES);
  addRegistryCommands(program, io, done, EXIT_CODES);
  addTenantCommands(program, io, done, EXIT_CODES);

  program
    .command("completion")
    .description("Prints the completion script of a shell")
    .addArgument(new Argument("<shell>", "which").choices(SHELLS))
    .addHelpText("after", `\nExamples:\n${SHELL_EXAMPLES.map((line) => `  ${line}`).join("\n")}`)
    .action((shell: Shell) => io.out(completionScript(shell)));
  program
    .command(ASK, { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (words: readonly string[]) => {
      const fixed = candidates(program, words);
      const wanted = wantedNames(words);
      const found = wanted ? await namesInCluster(io, wanted) : [];
      for (const one of [...fixed, ...found]) io.out(`${one}\n`);
    });
  return program;
}

const SHELL_EXAMPLES = [
  `source <(${NAME} completion bash)`,
  `source <(${NAME} completion zsh)`,
  `${NAME} completion fish | source`,
  `${NAME} completion kubectl > ~/bin/kubectl_complete-baiducloud; chmod +x ~/bin/kubectl_complete-baiducloud`,
];

/** The flags that say which cluster and which account, in one place for all commands. */
function withConnection(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "kubeconfig file (default: $KUBECONFIG, else ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig")
    .option("--cloud-config <file>", "the CCM's cloud config (default: $BAIDUCLOUD_CLOUD_CONFIG, else the Secret)")
    .option("--cloud-config-secret <namespace/name>", "Secret with the CCM's cloud config", "kube-system/cloud-config");
}
