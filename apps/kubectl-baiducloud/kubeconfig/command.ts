import { type Command, Option } from "commander";
import { withAccount } from "../credentials/account.ts";
import { type Io, NAME } from "../io.ts";
import { FORMATS } from "../output.ts";
import { addCredential } from "./credential-command.ts";
import type { GetOptions } from "./get.ts";
import type { GrantOptions, GrantsOptions, ResetOptions, RevokeOptions } from "./grants.ts";
import type { ListOptions } from "./list.ts";
import { ROLES, TYPES, withTemporary } from "./options.ts";
import type { VerifyOptions } from "./verify.ts";

const KEYS = `
Keys come from, the first that is there: --credentials-secret, --profile, --cloud-config, the environment
(BCE_ACCESS_KEY_ID, BCE_SECRET_ACCESS_KEY, BCE_SESSION_TOKEN), $BCE_PROFILE, the default profile of
~/.bce/credentials. They are never flags: every process of the machine could read those.`;

/** Adds `kubeconfig` with all below it, and the credential plugin. */
export function addKubeconfigCommands(
  program: Command,
  io: Io,
  done: (exitCode: number) => void,
  exitCodes: string,
): void {
  const group = program
    .command("kubeconfig")
    .description("Kubeconfigs by the account's AK/SK: get, list, verify; who may enter a cluster: grant, revoke, reset")
    .addHelpText(
      "after",
      `\nExamples:\n  kubectl baiducloud kubeconfig list\n  kubectl baiducloud kubeconfig get cce-1a2b3c4d --merge\n${exitCodes}`,
    );
  const command = (name: string, description: string, examples: readonly string[], help = KEYS): Command => {
    const lines = examples.map((example) => `  kubectl baiducloud kubeconfig ${example}`);
    return group
      .command(name)
      .description(description)
      .addHelpText("after", `${help}\n\nExamples:\n${lines.join("\n")}\n${exitCodes}`);
  };
  const format = () => new Option("-o, --output <format>", "how to print it").choices(FORMATS).default("table");

  const get = command("get", "A kubeconfig for a cluster, from the account's keys alone", [
    "get cce-1a2b3c4d",
    "get cce-1a2b3c4d --merge",
    "get cce-1a2b3c4d --merge ~/.kube/work --context work --type public",
    "get cce-1a2b3c4d --exec --merge",
    "get cce-1a2b3c4d --role readonly --hours 2 -o for-a-friend.yaml",
    "get cce-1a2b3c4d --profile work --region gz -o kubeconfig.yaml",
  ])
    .argument("<cluster>", "ID of the cluster")
    .addOption(
      new Option("--type <type>", "endpoint (default: public where the cluster has one, else vpc)").choices(TYPES),
    )
    .option("--merge [file]", "into a kubeconfig, keeping all that it has (default: $KUBECONFIG, else ~/.kube/config)")
    .option("--context <name>", "name of the context (default: the cluster's ID)")
    .option("-o, --output <file>", "a file of its own (default: stdout)")
    .option("--keep-current", "with --merge: the current context stays", false)
    .option("--exec", "a credential plugin instead of a certificate that lasts", false)
    .option("--exec-command <program>", "with --exec: what kubectl runs", NAME);
  withAccount(withTemporary(get)).action(async (cluster: string, options: GetOptions) => {
    done(await (await import("./get.ts")).get(io, cluster, options));
  });

  const list = command("list", "The clusters of the account, in all regions", [
    "list",
    "list --region bj,gz",
    "list -o json | jq -r '.clusters[].clusterId'",
  ]).addOption(format());
  withAccount(list).action(async (options: ListOptions) => done(await (await import("./list.ts")).list(io, options)));

  command(
    "verify",
    "Signs in with a kubeconfig: who that is, what it may do, when the certificate ends",
    ["verify", "verify --kubeconfig for-a-friend.yaml", "verify --context work -n shop -o json"],
    "",
  )
    .option("--kubeconfig <file>", "kubeconfig file (default: $KUBECONFIG, else ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig")
    .option("-n, --namespace <namespace>", "where to ask what it may do; default: that of the context")
    .addOption(format())
    .action(async (options: VerifyOptions) => done(await (await import("./verify.ts")).verify(io, options)));

  const grant = command("grant", "Lets a user or role of IAM into a cluster", [
    "grant cce-1a2b3c4d ann --role devops",
    "grant cce-1a2b3c4d role/ci --role admin --namespace shop",
    "grant all ann --role readonly --region bj",
  ])
    .argument("<cluster>", "ID of the cluster, or all with --region")
    .argument("<who>", "name of an IAM user, role/NAME, or an ID")
    .addOption(new Option("--role <role>", "what it may").choices(ROLES).makeOptionMandatory())
    .option("-n, --namespace <namespace>", "only there (default: all)");
  withAccount(grant).action(async (cluster: string, who: string, options: GrantOptions) => {
    done(await (await import("./grants.ts")).grant(io, cluster, who, options));
  });

  const grants = command("grants", "Who may enter which cluster: of one user or role, or of all", [
    "grants",
    "grants ann",
    "grants role/ci --region bj -o yaml",
  ])
    .argument("[who]", "name of an IAM user, role/NAME, or an ID")
    .addOption(format());
  withAccount(grants).action(async (who: string | undefined, options: GrantsOptions) => {
    done(await (await import("./grants.ts")).grants(io, who, options));
  });

  const revoke = command("revoke", "Takes back what was granted in a cluster", [
    "revoke cce-1a2b3c4d ann",
    "revoke cce-1a2b3c4d role/ci --namespace shop",
  ])
    .argument("<cluster>", "ID of the cluster")
    .argument("<who>", "name of an IAM user, role/NAME, or an ID")
    .option("-n, --namespace <namespace>", "only there (default: everywhere)");
  withAccount(revoke).action(async (cluster: string, who: string, options: RevokeOptions) => {
    done(await (await import("./grants.ts")).revoke(io, cluster, who, options));
  });

  const reset = command("reset", "Makes every kubeconfig of somebody useless, such as one that was lost", [
    "reset cce-1a2b3c4d",
    "reset cce-1a2b3c4d ann --yes",
  ])
    .argument("<cluster>", "ID of the cluster")
    .argument("[who]", "name of an IAM user, role/NAME, or an ID (default: whose keys these are)")
    .option("--yes", "do not ask", false);
  withAccount(reset).action(async (cluster: string, who: string | undefined, options: ResetOptions) => {
    done(await (await import("./grants.ts")).reset(io, cluster, who, options));
  });

  addCredential(program, io, done, `${KEYS}\n${exitCodes}`);
}
