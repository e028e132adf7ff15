import { errorText } from "@ccm/base";
import { kubeletConfig } from "@ccm/image-registry";
import { Command, CommanderError } from "commander";
import { stringify } from "yaml";
import { withAccount, withRegistries } from "./account.ts";
import { EXIT, type Io, NAME, UsageFault } from "./io.ts";
import { checkedOptions, type ProvideOptions, provide, provideArgs, withServer } from "./provide.ts";
import type { PullSecretsOptions } from "./pull-secrets.ts";

export const VERSION = "0.1.0";

const EXAMPLES = `
Credentials come from the environment (BCE_ACCESS_KEY_ID, BCE_SECRET_ACCESS_KEY) or a file of the node; they may belong
to an IAM user that can do nothing but pull.

Examples:
  ${NAME} config --credentials-file=/etc/kubernetes/bce-credentials > /etc/kubernetes/credential-provider.yaml
  kubelet --image-credential-provider-config=/etc/kubernetes/credential-provider.yaml \\
    --image-credential-provider-bin-dir=/usr/local/libexec/credential-providers
  echo '{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1",
    "image":"ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com/app/web"}' | ${NAME}

Exit codes:
  0  answered: with a login, or that there is none for this image
  1  failure: one line on stderr says which`;

const CONFIG_EXAMPLES = `
Examples:
  ${NAME} config --credentials-file=/etc/kubernetes/bce-credentials
  ${NAME} config --registry=images.example.com=ccr-1a2b3c4d@bj --password-hours=12
  ${NAME} config --audience=https://kubernetes.default.svc.cluster.local \\
    --api-server=https://10.0.0.1:6443 --api-server-ca=/etc/kubernetes/pki/ca.crt`;

const PULL_SECRETS_EXAMPLES = `
What is wanted is in the key config.yaml of a ConfigMap, which is followed (docs/image-pulls.md):
  secretName, registries, namespaces, namespaceLabels, defaultServiceAccounts, passwordHours

Examples:
  ${NAME} pull-secrets --kubeconfig=$HOME/.kube/config --no-leader-elect
  ${NAME} pull-secrets --credentials-file=/etc/bce/credentials --port=10263`;

interface ConfigOptions extends ProvideOptions {
  readonly name: string;
  readonly audience?: string;
  readonly onlyServiceAccounts?: boolean;
}

/** Runs a command line. Resolves to the exit code; what goes wrong is one line on stderr, without a secret. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync([...argv], { from: "user" });
    return EXIT.done;
  } catch (error) {
    // Commander has printed its line already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.failure;
    io.err(`${NAME}: ${errorText(error).replace(/\s+/g, " ")}\n`);
    return EXIT.failure;
  }
}

export function createProgram(io: Io): Command {
  const program = new Command(NAME)
    .description(
      "Answers the kubelet, which asks for a login before it pulls an image from Baidu's container registry (CCR):\n" +
        "a CredentialProviderRequest on stdin, a CredentialProviderResponse on stdout.",
    )
    .version(VERSION)
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: (text, write) => write(`${NAME}: ${text.replace(/^error: /, "").trim()} (see --help)\n`),
    })
    .enablePositionalOptions()
    .exitOverride()
    .allowExcessArguments(false);
  withServer(withRegistries(withAccount(program)))
    .action((options: ProvideOptions) => provide(options, io))
    .addHelpText("after", EXAMPLES);
  withServer(withRegistries(withAccount(program.command("config"))))
    .description("Prints a CredentialProviderConfig for the kubelet, which starts this program with the same flags")
    .option("--name <file>", "of the executable in the folder of --image-credential-provider-bin-dir", NAME)
    .option("--audience <audience>", "hand over Pods' service account tokens for it (KEP-4412): the API server's own")
    .option("--only-service-accounts", "no login for Pods whose service account has no annotation")
    .action((options: ConfigOptions) => io.out(configText(options)))
    .addHelpText("after", CONFIG_EXAMPLES);
  withAccount(program.command("pull-secrets"))
    .description("Runs the pull secret controller, for clusters whose kubelets cannot be configured")
    .option("--kubeconfig <file>", "how to reach the API server (default: the Pod's own)")
    .option("--namespace <name>", "of the ConfigMap, the Lease and the Secret that others are copies of", "kube-system")
    .option("--config-map <name>", "what is wanted, in its key config.yaml", "pull-secrets")
    .option("--no-leader-elect", "work at once: there is only one of it")
    .option("--port <number>", "of /healthz and /metrics, without TLS; 0: any that is free", "10263")
    .option("--bind-address <address>", "where to listen", "0.0.0.0")
    .option("--log-format <format>", "text or json", "text")
    .action(async (options: PullSecretsOptions) => {
      // The kubelet waits for the program's start: it loads nothing that only a controller needs.
      const { pullSecrets } = await import("./pull-secrets.ts");
      await pullSecrets(options, io);
    })
    .addHelpText("after", PULL_SECRETS_EXAMPLES);
  return program;
}

function configText(options: ConfigOptions): string {
  const { name, audience, onlyServiceAccounts = false } = options;
  const { registries } = checkedOptions(options);
  if ((audience === undefined) !== (options.apiServer === undefined)) {
    throw new UsageFault("--audience and --api-server: expected both or none: the token reads the Secret there");
  }
  if (onlyServiceAccounts && audience === undefined) {
    throw new UsageFault("--only-service-accounts: expected --audience and --api-server too");
  }
  if (!/^[^/\s]+$/.test(name) || name.startsWith(".")) {
    throw new UsageFault("--name: expected the name of a file, without a path");
  }
  const config = kubeletConfig({
    name,
    args: provideArgs(options),
    registries,
    onlyServiceAccounts,
    ...(audience === undefined ? {} : { audience }),
  });
  return stringify(config, { lineWidth: 0 });
}
