import { Command, InvalidArgumentError, Option } from "commander";
import { addClockCommand } from "./clock.ts";
import { addCloudCommand, port } from "./cloud-flags.ts";
import { examples } from "./examples.ts";
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

/** The command line; a wrong one throws commander's error, whose one line is printed. */
export function createProgram(done: (exitCode: number) => void): Command {
  const program = new Command("cloudlab")
    .description("A Kubernetes API server, a Baidu AI Cloud and nodes on this machine, for trying and testing a CCM")
    .configureOutput({ outputError: (text, write) => write(`cloudlab: ${text.replace(/^error: /, "")}`) })
    .exitOverride();
  program
    .command("up")
    .description("everything, with the cloud controller manager, until Ctrl-C")
    .addHelpText("after", examples("up", "up --check", "up --nodes 12 --world examples/worlds/three-zones.yaml"))
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
      done(await up(options));
    });
  program
    .command("kube")
    .description("the API server alone; prints one JSON line when ready")
    .addHelpText("after", examples("kube", "kube --port 6443"))
    .option("--port <port>", "port (0: a free one)", port, 0)
    .action(async (options) => {
      done(await serveKube(options));
    });
  addCloudCommand(program, async (options) => {
    done(await serveCloud(options));
  });
  addFaultsCommand(program, done);
  addClockCommand(program, done);
  addReplayCommand(program, done);
  const controlPlane = program
    .command("control-plane")
    .description("a real etcd and kube-apiserver for tests, on loopback ports")
    .addHelpText("after", examples("control-plane up --background", "control-plane down"));
  controlPlane
    .command("up")
    .description("starts one; prints one JSON line when ready")
    .addHelpText(
      "after",
      examples("control-plane up", "control-plane up --name ci --background --controllers nodelifecycle,endpointslice"),
    )
    .option("--name <name>", "several may run at once", planeName, "default")
    .option("--controllers <names>", "run kube-controller-manager with these, separated by commas")
    .option("--background", "return when it is ready; `down` stops it", false)
    .action(async ({ controllers = "", ...options }: { controllers?: string; name: string; background: boolean }) => {
      done(await controlPlaneUp({ ...options, controllers: controllers.split(",").filter(Boolean) }));
    });
  controlPlane
    .command("down")
    .description("stops one")
    .addHelpText("after", examples("control-plane down", "control-plane down --name ci"))
    .option("--name <name>", "which", planeName, "default")
    .action(async ({ name }) => {
      done(await controlPlaneDown(name));
    });
  controlPlane
    .command("assets")
    .description("finds, downloads or builds the programs, and prints where they are as one JSON line")
    .addHelpText("after", examples("control-plane assets"))
    .action(async () => {
      done(await controlPlaneAssets());
    });
  addWorldCommand(program, done);
  return program;
}
