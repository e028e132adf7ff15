import { type Command, Option } from "commander";
import { withAccount } from "../credentials/account.ts";
import type { Io } from "../io.ts";
import { FORMATS } from "../output.ts";
import type { ClusterOptions } from "./cluster.ts";
import type { CreateOptions } from "./create.ts";
import type { DescribeOptions } from "./describe.ts";
import type { TenantKubeconfigOptions } from "./kubeconfig.ts";
import type { ListOptions } from "./list.ts";
import type { ReportOptions } from "./report.ts";

/** Adds `tenant` with all below it. */
export function addTenantCommands(program: Command, io: Io, done: (exitCode: number) => void, exitCodes: string): void {
  const group = program
    .command("tenant")
    .description("Tenants of a shared cluster: list, describe, create, kubeconfig, report, suspend, resume")
    .addHelpText(
      "after",
      `\nExamples:\n  kubectl baiducloud tenant list\n  kubectl baiducloud tenant describe team-a\n  kubectl baiducloud tenant report > usage.csv`,
    );
  const command = (name: string, description: string, examples: readonly string[]): Command => {
    const lines = examples.map((example) => `  kubectl baiducloud tenant ${example}`);
    return group
      .command(name)
      .description(description)
      .option("--kubeconfig <file>", "kubeconfig file (default: $KUBECONFIG, else ~/.kube/config)")
      .option("--context <name>", "context of the kubeconfig")
      .addHelpText("after", `\nExamples:\n${lines.join("\n")}\n${exitCodes}`);
  };
  const format = () => new Option("-o, --output <format>", "how to print it").choices(FORMATS).default("table");
  const repeated = (flags: string, description: string): Option =>
    new Option(flags, `${description}; repeat`)
      .argParser((value: string, before: readonly string[]) => [...before, value])
      .default([], "none");

  command("list", "All tenants, with what they use of what is limited", ["list", "list -o json | jq '.tenants[].name'"])
    .addOption(format())
    .action(async (options: ListOptions) => done(await (await import("./list.ts")).list(io, options)));

  command("describe", "All there is to know of a tenant: owners, limits and usage, Services, conditions", [
    "describe team-a",
    "describe team-a -o yaml",
  ])
    .argument("<tenant>", "its name")
    .addOption(format())
    .action(async (name: string, options: DescribeOptions) => {
      done(await (await import("./describe.ts")).describe(io, name, options));
    });

  command("create", "Makes a tenant, or prints it with --dry-run", [
    "create team-a --owner User/ann --max-namespaces 5",
    "create team-a --owner IAMUser/1a2b3c=devops --max-load-balancers 3 --max-public-ips 2 --max-bandwidth 200",
    "create team-a --owner ServiceAccount/ci/deployer --quota requests.cpu=64 --quota pods=500 --tag cost=a",
    "create team-a --subnet sbn-1 --isolation tenant --dry-run > team-a.yaml",
  ])
    .argument("<tenant>", "its name")
    .addOption(
      repeated(
        "--owner <kind/name=role>",
        "User/NAME, Group/NAME, IAMUser/ID, IAMRole/ID, ServiceAccount/NAMESPACE/NAME",
      ),
    )
    .option("--max-namespaces <count>", "how many namespaces")
    .option("--prefix <text>", "what the names of its namespaces begin with")
    .addOption(repeated("--quota <resource=quantity>", "over all its namespaces, as in a ResourceQuota"))
    .option("--max-load-balancers <count>", "how many load balancers its Services may have")
    .option("--max-public-ips <count>", "how many public addresses")
    .option("--max-bandwidth <mbps>", "how much bandwidth of public addresses")
    .addOption(repeated("--subnet <id>", "a subnet that its load balancers may be in"))
    .addOption(repeated("--tag <key=value>", "on all that is made in the cloud for it"))
    .addOption(new Option("--isolation <from>", "who may reach its Pods").choices(["none", "tenant", "namespace"]))
    .option("--dry-run", "print it, and make nothing", false)
    .action(async (name: string, options: CreateOptions) => {
      done(await (await import("./create.ts")).create(io, name, options));
    });

  const kubeconfig = command("kubeconfig", "A kubeconfig for an owner of a tenant, which ends by itself", [
    "kubeconfig team-a --expire 8h > team-a.kubeconfig",
    "kubeconfig team-a --owner ServiceAccount/ci/deployer --expire 2d -o ci.kubeconfig",
    "kubeconfig team-a --cluster cce-1a2b3c4d -n team-a-web --type public",
  ])
    .argument("<tenant>", "its name")
    .option("--owner <kind/name>", "which, where there are several; of the kinds IAMUser, IAMRole and ServiceAccount")
    .option("--cluster <id>", "for an IAMUser: the ID of the cluster in CCE")
    .option("-n, --namespace <namespace>", "of the tenant; for an IAMUser it is the one that is granted")
    .option("--expire <time>", "as 8h or 2d (default: the tenant's, else 8h)")
    .addOption(new Option("--type <type>", "for an IAMUser: endpoint").choices(["vpc", "public"]))
    .option("-o, --output <file>", "a file that only you can read (default: stdout)");
  withAccount(kubeconfig).action(async (name: string, options: TenantKubeconfigOptions) => {
    done(await (await import("./kubeconfig.ts")).tenantKubeconfig(io, name, options));
  });

  command("report", "What each tenant uses, for a bill or a spreadsheet", [
    "report > usage.csv",
    "report -o json | jq '.tenants[] | {name, balancers: .usage.\"load balancers\".used}'",
  ])
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["csv", "json", "yaml"]).default("csv"))
    .action(async (options: ReportOptions) => done(await (await import("./report.ts")).report(io, options)));

  const suspension = (name: string, description: string, on: boolean): void => {
    command(name, description, [`${name} team-a`])
      .argument("<tenant>", "its name")
      .action(async (tenant: string, options: ClusterOptions) => {
        done(await (await import("./suspend.ts")).suspend(io, tenant, on, options));
      });
  };
  suspension("suspend", "Freezes a tenant: what runs goes on, and nobody of it can change or create anything", true);
  suspension("resume", "Lets a suspended tenant go on", false);
}
