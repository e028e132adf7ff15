#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { addClockCommand } from "./clock.ts";
import { addCloudCommand, port } from "./cloud-flags.ts";
import { addFaultsCommand } from "./faults.ts";
import { controlPlaneAssets, controlPlaneDown, controlPlaneUp } from "./real-control-plane.ts";
import { addReplayCommand } from "./replay.ts";
import { serveCloud, serveKube } from "./serve.ts";
import { up } from "./up.ts";
import { addWorldCommand } from "./world.ts";

const nodeCount = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100) throw new InvalidArgumentError("expected 1 to 100.");
  return value;
};

const planeName = (text: string): string => {
  if (!/^[a-z0-9-]{1,30}$/.test(text)) throw new InvalidArgumentError("expected 1 to 30 of a-z, 0-9 and -.");
  return text;
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
    .addOption(
      new Option(
        "--world <file>",
        "begin with the cloud of this file (YAML); the machines in its first VPC are the nodes",
      ).conflicts("check"),
    )
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
  addCloudCommand(program, async (options) => {
    exitCode = await serveCloud(options);
  });
  addFaultsCommand(program, (code) => {
    exitCode = code;
  });
  addClockCommand(program, (code) => {
    exitCode = code;
  });
  addReplayCommand(program, (code) => {
    exitCode = code;
  });
  const controlPlane = program
    .command("control-plane")
    .description("a real etcd and kube-apiserver for tests, on loopback ports");
  controlPlane
    .command("up")
    .description("starts one; prints one JSON line when ready")
    .option("--name <name>", "several may run at once", planeName, "default")
    .option("--controllers <names>", "run kube-controller-manager with these, separated by commas")
    .option("--background", "return when it is ready; `down` stops it", false)
    .action(async ({ controllers = "", ...options }: { controllers?: string; name: string; background: boolean }) => {
      exitCode = await controlPlaneUp({ ...options, controllers: controllers.split(",").filter(Boolean) });
    });
  controlPlane
    .command("down")
    .description("stops one")
    .option("--name <name>", "which", planeName, "default")
    .action(async ({ name }) => {
      exitCode = await controlPlaneDown(name);
    });
  controlPlane
    .command("assets")
    .description("finds, downloads or builds the programs, and prints where they are as one JSON line")
    .action(async () => {
      exitCode = await controlPlaneAssets();
    });
  addWorldCommand(program, (code) => {
    exitCode = code;
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
