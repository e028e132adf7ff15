import { Argument, type Command, Option } from "commander";
import { withAccount } from "../credentials/account.ts";
import type { Io } from "../io.ts";
import { FORMATS } from "../output.ts";
import type { ListOptions } from "./accounts.ts";
import { ACTIONS, type Action } from "./helper.ts";
import { type LoginOptions, TOOLS } from "./login.ts";
import type { RotateOptions } from "./rotate-options.ts";

const NO_RENAME = `
No call of the cloud renames a user or robot of a registry. A login name of a user comes from IAM; a robot is called
ccr$ and the name it was made with, for ever. So rotate makes another login and puts it where the old one is used.`;

/** Adds `registry` with all below it. */
export function addRegistryCommands(
  program: Command,
  io: Io,
  done: (exitCode: number) => void,
  exitCodes: string,
): void {
  const group = program
    .command("registry")
    .description("Logins of the image registry (CCR): login, users, robots; rotate replaces what a cluster pulls with")
    .addHelpText(
      "after",
      `${NO_RENAME}\n\nExamples:\n  kubectl baiducloud registry login mine\n  kubectl baiducloud registry rotate mine --from 'ccr$old' --to new -n shop --dry-run\n${exitCodes}`,
    );
  const command = (name: string, description: string, examples: readonly string[], help = ""): Command => {
    const lines = examples.map(
      (example) => `  ${example.startsWith("#") ? example.slice(1) : `kubectl baiducloud registry ${example}`}`,
    );
    return group
      .command(name)
      .description(description)
      .addHelpText("after", `${help}\n\nExamples:\n${lines.join("\n")}\n${exitCodes}`);
  };
  const format = () => new Option("-o, --output <format>", "how to print it").choices(FORMATS).default("table");
  const several = (value: string, before: readonly string[] = []): readonly string[] => [
    ...before,
    ...value.split(",").filter(Boolean),
  ];
  const registry = "ID, name or host of the registry";

  const login = command(
    "login",
    "Writes a login that ends by itself for docker, podman or containerd",
    [
      "login mine",
      "login ccr-1a2b3c4d --hours 2",
      "login mine --tool podman",
      "login mine --tool containerd -o /etc/containerd/conf.d/ccr.toml",
      "login personal",
    ],
    "\nThe password ends after --hours, and nothing ends it earlier; the personal edition's after one hour. What else the\nconfig holds stays as it is. For logins that are made whenever they are needed, see credential-helper.",
  )
    .argument("<registry>", `${registry}, or personal`)
    .addOption(new Option("--tool <tool>", "whose config").choices(TOOLS).default("docker"))
    .option("--hours <hours>", "1 to 24", "12")
    .option("--host <host>", "the registry's address to log in to (default: the public one)")
    .option("-o, --output <file>", "config file (default: the tool's own; containerd: stdout)");
  withAccount(login).action(async (wanted: string, options: LoginOptions) => {
    done(await (await import("./login.ts")).login(io, wanted, options));
  });

  command(
    "credential-helper",
    "The protocol of docker's credential helpers: logins are made from the account's keys when they are needed",
    [
      "#ln -s $(which kubectl-baiducloud) ~/bin/docker-credential-baiducloud",
      '#echo \'{"credHelpers":{"ccr-1a2b3c4d-pub.cnc.bj.baidubce.com":"baiducloud"}}\' > ~/.docker/config.json',
      "#echo ccr-1a2b3c4d-pub.cnc.bj.baidubce.com | kubectl baiducloud registry credential-helper get",
    ],
    "\nKeys and region come from the environment, and ~/.bce/credentials: docker passes no flags on. store is refused: there is\nnothing to store. A login is kept until 15 minutes before its end, in a file that only you may read; erase forgets it.",
  )
    .addArgument(new Argument("<action>", "what docker asks for").choices(ACTIONS))
    .action(async (action: Action) => done(await (await import("./helper.ts")).credentialHelper(io, action)));

  const users = command(
    "users",
    "Who logs in to registries under which name",
    ["users", "users -o json"],
    NO_RENAME,
  ).addOption(format());
  withAccount(users).action(async (options: ListOptions) =>
    done(await (await import("./accounts.ts")).users(io, options)),
  );

  const robots = command("robots", "The robots of a registry: what they may pull, and when they end", [
    "robots mine",
    "robots ccr-1a2b3c4d -o json | jq '.robots[] | select(.disable)'",
  ])
    .argument("<registry>", registry)
    .addOption(format());
  withAccount(robots).action(async (wanted: string, options: ListOptions) => {
    done(await (await import("./accounts.ts")).robots(io, wanted, options));
  });

  const rotate = command(
    "rotate",
    "Replaces what a cluster pulls with by a new robot or user, without a failed pull",
    [
      "rotate mine --from 'ccr$old' --to new -A --dry-run",
      "rotate mine --from 'ccr$old' --to new -n shop,cart",
      "rotate mine --from 'ccr$old' --to new -A --yes --grace 30m --delete-after 7d",
      "rotate mine --from ann --to puller --project shop,base -A --yes",
      "rotate mine --from 'ccr$old' --to-user -n shop",
      "rotate mine --from 'ccr$old' --rollback --yes",
    ],
    `${NO_RENAME}

It makes the login, sees that it can pull, writes it into every Secret of the chosen namespaces that logs in as --from,
watches pulls for --grace, disables the old robot, and deletes it --delete-after later. It can be stopped and run again
at any point: what was begun is kept in a Secret of --state-namespace. Secrets that are immutable, or that a controller
owns, are left alone, and as long as any Secret of the cluster logs in as the old robot it is not disabled.
--to-user sets the password of the user whose keys are used; who else logs in as that user has to be told.
Quote names of robots: the shell would take $old for a variable.`,
  )
    .argument("<registry>", registry)
    .requiredOption("--from <login>", "what Secrets log in as now: 'ccr$NAME', or a user's login name")
    .option("--to <name>", "name of the new robot, without ccr$")
    .option("--to-user", "to the user whose keys are used, instead of a robot", false)
    .option("-n, --namespace <namespaces>", "whose Secrets are changed; several with commas", several)
    .option("-A, --all-namespaces", "Secrets of all namespaces", false)
    .option("--project <projects>", "what the new robot may pull from, or * (default: as the old robot)")
    .option("--days <days>", "when the new robot ends, -1 for never (default: as the old robot)")
    .option(
      "--image <images>",
      "project/name[:tag] that the new login must pull (default: one of each project in use)",
      several,
    )
    .option("--host <host>", "address at which the new login is tried (default: the public one)")
    .option("--grace <duration>", "how long pulls are watched before the old robot is disabled", "10m")
    .option("--delete-after <duration>", "how long the old robot stays, disabled", "24h")
    .option("--wait", "stay until the old robot is deleted", false)
    .option("--poll <duration>", "how often pulls are looked at", "15s")
    .option("--dry-run", "show what would be done, and who it concerns", false)
    .option("--rollback", "put the old login back, and delete the new robot", false)
    .option("--yes", "do not ask", false)
    .option("--state-namespace <namespace>", "where the record of the rotation is kept", "kube-system")
    .option("--kubeconfig <file>", "kubeconfig file (default: $KUBECONFIG, else ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig")
    .addOption(format());
  withAccount(rotate).action(async (wanted: string, options: RotateOptions) => {
    done(await (await import("./rotate.ts")).rotate(io, wanted, options));
  });
}
