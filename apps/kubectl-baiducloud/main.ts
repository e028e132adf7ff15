#!/usr/bin/env node
import { errorText } from "@ccm/base";
import { Command, CommanderError } from "commander";
import { type PlanOptions, plan } from "./plan.ts";

async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("kubectl-baiducloud")
    .description("What a cluster has in Baidu AI Cloud")
    .configureOutput({ outputError: (text, write) => write(`kubectl-baiducloud: ${text.replace(/^error: /, "")}`) })
    .exitOverride();
  program
    .command("plan")
    .description(
      "what the cloud controller manager would change now for each Service of type LoadBalancer; exit code 3 when anything",
    )
    .argument("[service...]", "namespace/name, or name in the namespace default; none: all")
    .requiredOption("--cloud-config <file>", "the CCM's cloud config")
    .option(
      "--kubeconfig <file>",
      "kubeconfig file",
      process.env.KUBECONFIG ?? `${process.env.HOME ?? ""}/.kube/config`,
    )
    .option("--context <name>", "context of the kubeconfig")
    .option("--json", "one JSON object a line", false)
    .action(async (services: string[], options: Omit<PlanOptions, "services">) => {
      exitCode = await plan({ ...options, services });
    });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its line already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`kubectl-baiducloud: ${errorText(error)}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
