#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { serveCloud, serveKube } from "./serve.ts";
import { up } from "./up.ts";

const port = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535) {
    throw new InvalidArgumentError("expected a port number, 0 to 65535 (0 picks a free one).");
  }
  return value;
};
const nodeCount = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100) throw new InvalidArgumentError("expected 1 to 100.");
  return value;
};

async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("cloudlab")
    .description("A Kubernetes API server, a Baidu AI Cloud and nodes on this machine, for trying and testing a CCM")
    .configureOutput({ outputError: (text, write) => write(`cloudlab: ${text.replace(/^error: /, "")}`) })
    .exitOverride();
  program
    .command("up")
    .description("everything, with the cloud controller manager, until Ctrl-C")
    .option("--check", "run the main job from end to end, print one JSON object as the last line, and stop", false)
    .option("--nodes <n>", "how many nodes to register", nodeCount, 3)
    .option("--kube-port <port>", "port of the API server (0: a free one)", port, 0)
    .option("--cloud-port <port>", "port of the simulator (0: a free one)", port, 0)
    .action(async (options) => {
      exitCode = await up(options);
    });
  program
    .command("kube")
    .description("the API server alone; prints one JSON line when ready")
    .option("--port <port>", "port (0: a free one)", port, 0)
    .action(async (options) => {
      exitCode = await serveKube(options);
    });
  program
    .command("baiducloud")
    .description("the Baidu AI Cloud simulator alone; prints one JSON line when ready")
    .option("--port <port>", "port (0: a free one)", port, 0)
    .action(async (options) => {
      exitCode = await serveCloud(options);
    });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its line already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

process.exitCode = await main(process.argv.slice(2));
