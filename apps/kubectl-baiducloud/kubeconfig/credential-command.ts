import { type Command, Option } from "commander";
import { withAccount } from "../credentials/account.ts";
import type { Io } from "../io.ts";
import type { CredentialOptions } from "./credential.ts";
import { TYPES, withTemporary } from "./options.ts";

/** Adds the credential plugin, which kubeconfigs of `kubeconfig get --exec` name. */
export function addCredential(program: Command, io: Io, done: (exitCode: number) => void, help: string): void {
  const command = program
    .command("credential")
    .description("The credential plugin for kubectl that kubeconfig get --exec writes into a kubeconfig")
    .requiredOption("--cluster <cluster>", "ID of the cluster")
    .addOption(new Option("--type <type>", "endpoint that is asked for").choices(TYPES).default("vpc"));
  withAccount(withTemporary(command))
    .addHelpText(
      "after",
      `
Prints an ExecCredential of client.authentication.k8s.io/v1. It is kept in $XDG_CACHE_HOME/kubectl-baiducloud (or
~/.cache) for its owner alone, and renewed before it ends; of many at a time, one asks the cloud.
${help}

Examples:
  kubectl baiducloud credential --cluster cce-1a2b3c4d --region bj
  kubectl baiducloud credential --cluster cce-1a2b3c4d --region bj --profile work --role readonly --hours 1`,
    )
    .action(async (options: CredentialOptions) => {
      done(await (await import("./credential.ts")).credential(io, options));
    });
}
